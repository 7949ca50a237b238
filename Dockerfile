# The image of the emitters: only production dependencies, and a user that owns nothing but its data.
FROM node:24.21.0-trixie-slim AS dependencies
WORKDIR /offing
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund && mkdir -p /var/lib/offing

FROM node:24.21.0-trixie-slim
# As in ./offing: it runs for months beside other things.
ENV NODE_ENV=production MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=131072
WORKDIR /offing
COPY --from=dependencies /offing ./
COPY contract ./contract
COPY core ./core
COPY emitters ./emitters
COPY commands ./commands
COPY demo/text-table.ts ./demo/text-table.ts
COPY emitter.ts ./
COPY --from=dependencies --chown=1000:1000 /var/lib/offing /var/lib/offing
USER 1000:1000
ENTRYPOINT ["node", "--max-semi-space-size=8", "--heap-growing-percent=30", "emitter.ts"]
CMD ["--help"]

#!/usr/bin/env bats
# The entry script in a checkout made of stubs: a lock file, an npm that only writes down what it was asked, and a node that
# prints what it was given.

setup() {
  checkout=$BATS_TEST_TMPDIR/checkout
  stubs=$BATS_TEST_TMPDIR/stubs
  tools=$BATS_TEST_TMPDIR/tools
  mkdir -p "$checkout" "$stubs" "$tools"
  cp "$BATS_TEST_DIRNAME/../offing" "$checkout/offing"
  printf '{"lockfileVersion": 3}\n' >"$checkout/package-lock.json"
  for tool in sh cat dirname readlink mkdir rm mv sleep sha256sum chmod env; do
    ln -s "$(command -v "$tool")" "$tools/$tool"
  done
  write_npm
  printf '#!/bin/sh\nexit 0\n' >"$stubs/node"
  chmod +x "$stubs/node"
  PATH=$stubs:$tools
}

# An npm that brings a node which prints its arguments, its PATH's first entry, and ends with $NODE_EXIT.
write_npm() {
  cat >"$stubs/npm" <<'NPM'
#!/bin/sh
printf '%s\n' "$*" >>npm-calls
[ -z "${NPM_SLOW:-}" ] || sleep 1
[ -z "${NPM_FAIL:-}" ] || { echo "npm error: no network"; exit 1; }
rm -rf node_modules
mkdir -p node_modules/.bin
cat >node_modules/.bin/node <<'NODE'
#!/bin/sh
printf 'node'
for argument in "$@"; do printf ' [%s]' "$argument"; done
printf '\nPATH %s\n' "${PATH%%:*}"
exit "${NODE_EXIT:-0}"
NODE
chmod +x node_modules/.bin/node
NPM
  chmod +x "$stubs/npm"
}

npm_calls() {
  if [ -e "$checkout/npm-calls" ]; then
    lines=0
    while read -r _; do lines=$((lines + 1)); done <"$checkout/npm-calls"
    echo "$lines"
  else
    echo 0
  fi
}

@test "installs once, and again only when the lock file has changed" {
  run "$checkout/offing" status
  [ "$status" -eq 0 ]
  [[ "$output" == *"installing the dependencies"* ]]
  [ "$(npm_calls)" -eq 1 ]

  run "$checkout/offing" status
  [ "$status" -eq 0 ]
  [[ "$output" != *"installing the dependencies"* ]]
  [ "$(npm_calls)" -eq 1 ]

  printf '{"lockfileVersion": 3, "changed": true}\n' >"$checkout/package-lock.json"
  run "$checkout/offing" status
  [ "$status" -eq 0 ]
  [ "$(npm_calls)" -eq 2 ]
}

@test "asks npm for the development dependencies whatever NODE_ENV says" {
  NODE_ENV=production run "$checkout/offing" status
  [ "$status" -eq 0 ]
  [[ "$(cat "$checkout/npm-calls")" == "ci "*"--include=dev"* ]]
}

@test "installs again when the pinned node is gone" {
  "$checkout/offing" status
  rm "$checkout/node_modules/.bin/node"
  run "$checkout/offing" status
  [ "$status" -eq 0 ]
  [ "$(npm_calls)" -eq 2 ]
}

@test "a failed npm ci is told, leaves no stamp, and is tried again" {
  NPM_FAIL=1 run "$checkout/offing" status
  [ "$status" -eq 1 ]
  [[ "$output" == *"no network"* ]]
  [[ "$output" == *"npm ci failed"* ]]
  [ ! -e "$checkout/node_modules/.offing-lock" ]
  [ ! -e "$checkout/.offing/npm.lock" ]

  run "$checkout/offing" status
  [ "$status" -eq 0 ]
  [ "$(npm_calls)" -eq 2 ]
}

@test "says in one line that npm is missing" {
  rm "$stubs/npm"
  run "$checkout/offing" status
  [ "$status" -eq 1 ]
  [ "${#lines[@]}" -eq 1 ]
  [[ "$output" == *"npm is missing"* ]]
}

@test "says in one line that node is missing for npm" {
  rm "$stubs/node"
  run "$checkout/offing" status
  [ "$status" -eq 1 ]
  [ "${#lines[@]}" -eq 1 ]
  [[ "$output" == *"node is missing"* ]]
}

@test "needs neither npm nor another node once everything is installed" {
  "$checkout/offing" status
  rm "$stubs/npm" "$stubs/node"
  run "$checkout/offing" status
  [ "$status" -eq 0 ]
  [[ "$output" == node* ]]
}

@test "hands over to cli.ts with every argument as it was, under the pinned node" {
  "$checkout/offing" >/dev/null 2>&1
  run "$checkout/offing" run chain --config "a file.yaml" ''
  [ "$status" -eq 0 ]
  [ "${lines[0]}" = "node [--max-semi-space-size=8] [--heap-growing-percent=30] [$checkout/cli.ts] [run] [chain] [--config] [a file.yaml] []" ]
  [ "${lines[1]}" = "PATH $checkout/node_modules/.bin" ]
}

@test "passes the exit code through" {
  "$checkout/offing" >/dev/null 2>&1
  NODE_EXIT=2 run "$checkout/offing" run
  [ "$status" -eq 2 ]
}

@test "works from another folder" {
  mkdir "$BATS_TEST_TMPDIR/elsewhere"
  cd "$BATS_TEST_TMPDIR/elsewhere"
  run ../checkout/offing status
  [ "$status" -eq 0 ]
  [[ "$output" == *"[$checkout/cli.ts]"* ]]
}

@test "works through symbolic links, relative and absolute" {
  mkdir "$BATS_TEST_TMPDIR/bin"
  PATH=$PATH:/usr/bin:/bin
  ln -s ../checkout/offing "$BATS_TEST_TMPDIR/bin/one"
  ln -s "$BATS_TEST_TMPDIR/bin/one" "$BATS_TEST_TMPDIR/bin/two"
  cd /
  run "$BATS_TEST_TMPDIR/bin/two" status
  [ "$status" -eq 0 ]
  [[ "$output" == *"[$checkout/cli.ts]"* ]]
}

@test "works in a folder with spaces in its name" {
  PATH=$PATH:/usr/bin:/bin
  mv "$checkout" "$BATS_TEST_TMPDIR/a checkout"
  run "$BATS_TEST_TMPDIR/a checkout/offing" status
  [ "$status" -eq 0 ]
  [[ "$output" == *"[$BATS_TEST_TMPDIR/a checkout/cli.ts]"* ]]
}

@test "two at once install once" {
  NPM_SLOW=1 "$checkout/offing" first >"$BATS_TEST_TMPDIR/first" 2>&1 &
  NPM_SLOW=1 "$checkout/offing" second >"$BATS_TEST_TMPDIR/second" 2>&1 &
  wait
  [ "$(npm_calls)" -eq 1 ]
  [[ "$(cat "$BATS_TEST_TMPDIR/first")" == *"[first]"* ]]
  [[ "$(cat "$BATS_TEST_TMPDIR/second")" == *"[second]"* ]]
  [ ! -e "$checkout/.offing/npm.lock" ]
}

@test "a lock whose owner is gone does not stop anybody" {
  mkdir -p "$checkout/.offing/npm.lock"
  sh -c 'echo $$' >"$checkout/.offing/npm.lock/pid"
  run "$checkout/offing" status
  [ "$status" -eq 0 ]
  [ "$(npm_calls)" -eq 1 ]
}

@test "a lock without an owner does not stop anybody" {
  mkdir -p "$checkout/.offing/npm.lock"
  run "$checkout/offing" status
  [ "$status" -eq 0 ]
  [ "$(npm_calls)" -eq 1 ]
}

/** What a setting may be; a fixed value is one that this stack wants and Grafana does not have by default, or must not lose. */
type Allowed = RegExp | string;

const SWITCH = /^(true|false)$/;
const SECRET = /^\$__file\{\/[\w./-]+\}$/;

/**
 * The settings we use, as Grafana's documentation names them. A name that is not here is a fault: Grafana ignores it without a word.
 *
 * @see https://grafana.com/docs/grafana/latest/setup-grafana/configure-grafana/
 */
const SETTINGS: Readonly<Record<string, Readonly<Record<string, Allowed>>>> = {
  server: { http_addr: "127.0.0.1", http_port: /^\d+$/, root_url: /^https?:/, domain: /./, enforce_domain: SWITCH },
  security: {
    admin_user: /^\w+$/,
    admin_password: SECRET,
    secret_key: SECRET,
    disable_gravatar: "true",
    cookie_secure: SWITCH,
    cookie_samesite: /^(lax|strict)$/,
    content_security_policy: "true",
    allow_embedding: "false",
  },
  users: { allow_sign_up: "false", allow_org_create: "false", auto_assign_org_role: "Viewer", default_theme: /^(dark|light|system)$/ },
  auth: { disable_login_form: SWITCH, oauth_allow_insecure_email_lookup: "false" },
  "auth.anonymous": { enabled: "false" },
  "auth.basic": { enabled: SWITCH },
  dashboards: { default_home_dashboard_path: /^\$\{OFFING_GRAFANA_DASHBOARDS\}\/[\w-]+\.json$/, min_refresh_interval: /^\d+s$/ },
  public_dashboards: { enabled: "false" },
  snapshots: { enabled: "false", external_enabled: "false" },
  analytics: { reporting_enabled: "false", check_for_updates: "false", check_for_plugin_updates: "false", feedback_links_enabled: "false" },
  news: { news_feed_enabled: "false" },
  plugins: { preinstall_disabled: "true", plugin_admin_enabled: "false" },
  log: { mode: /^(console|file)( (console|file))*$/, level: /^(debug|info|warn|error|critical)$/ },
};

/** Settings without which the stack would be open, talkative, or not ours. */
const REQUIRED = [
  ...["security.admin_password", "security.secret_key", "security.disable_gravatar", "users.allow_sign_up", "auth.anonymous.enabled"],
  ...["analytics.reporting_enabled", "analytics.check_for_updates", "analytics.check_for_plugin_updates", "server.http_addr"],
  ...["snapshots.external_enabled", "public_dashboards.enabled", "plugins.preinstall_disabled", "dashboards.default_home_dashboard_path"],
];

/** What is wrong with grafana.ini: unknown sections, keys and values, and doors that are not shut. */
export function settingProblems(text: string): readonly string[] {
  const found = readIni(text);
  const problems = found.flatMap(({ section, key, value }) => {
    const allowed = SETTINGS[section]?.[key];
    if (allowed === undefined) return [`[${section}] ${key}: Grafana has no such setting, or this stack does not use it`];
    const fits = typeof allowed === "string" ? value === allowed : allowed.test(value);
    return fits ? [] : [`[${section}] ${key}: ${value} is not what this stack wants (${String(allowed)})`];
  });
  const set = new Set(found.map(({ section, key }) => `${section}.${key}`));
  return [...problems, ...REQUIRED.filter((name) => !set.has(name)).map((name) => `${name} is not set`)];
}

/** Every value of an INI file with its place. */
export function readIni(text: string): readonly { readonly section: string; readonly key: string; readonly value: string }[] {
  let section = "";
  return text.split("\n").flatMap((line) => {
    const header = /^\[([\w.]+)\]$/.exec(line.trim());
    if (header !== null) section = header[1] ?? "";
    const [, key, value] = /^([\w.]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    return key === undefined || value === undefined ? [] : [{ section, key, value }];
  });
}

/** What the owner of a new key pastes into a terminal. `siteUrl` is where the deployment's HTTP actions answer. */
export function curlLine(siteUrl: string, secret: string): string {
  return `curl -N ${siteUrl}/claude -H "Authorization: Bearer ${secret}" -d "Hello"`;
}

/** The variables that Claude Code and Anthropic's SDKs read. */
export function environmentLines(siteUrl: string, secret: string): string {
  return `export ANTHROPIC_BASE_URL=${siteUrl}\nexport ANTHROPIC_AUTH_TOKEN=${secret}`;
}

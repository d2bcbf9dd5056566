import { isLoopbackAddress, isPublicAddress } from "./publicAddress";

const PORTS = ["", "443", "8443"];
const URL_LENGTH_MAX = 2_000;

/**
 * Why deliveries may not go to a URL, as far as the URL itself tells; null when they may. Names are looked up, and
 * every address checked, when the connection is made.
 */
export function callbackUrlProblem(text: string, allowsLoopback: boolean): string | null {
  if (text.length > URL_LENGTH_MAX || !URL.canParse(text)) {
    return "The URL is not a URL of at most 2,000 characters, like https://example.com/hooks.";
  }
  const url = new URL(text);
  const address = url.hostname.replace(/^\[|\]$/g, "");
  if (url.username !== "" || url.password !== "") {
    return "The URL holds a user name or password; deliveries are signed instead.";
  }
  if (allowsLoopback && isLoopbackHost(address)) {
    return url.protocol === "https:" || url.protocol === "http:"
      ? null
      : "The URL is neither https nor http.";
  }
  if (url.protocol !== "https:") {
    return "The URL is not https.";
  }
  if (!PORTS.includes(url.port)) {
    return `The URL's port is ${url.port}; deliveries go to 443 and 8443 only.`;
  }
  const isLiteral = /^[\d.]+$/.test(address) || address.includes(":");
  if (isLiteral ? !isPublicAddress(address) : isLocalName(address)) {
    return "The URL leads to a private or reserved address; deliveries go to the public internet only.";
  }
  return null;
}

/** `localhost` and loopback addresses. */
export function isLoopbackHost(host: string): boolean {
  return host === "localhost" || isLoopbackAddress(host);
}

function isLocalName(host: string): boolean {
  const name = host.replace(/\.$/, "");
  return !name.includes(".") || /\.(?:localhost|local|internal|localdomain|home\.arpa)$/.test(name);
}

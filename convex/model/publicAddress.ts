/** Ranges that no delivery may reach, as address and prefix length. */
const CLOSED_V4 = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.31.196.0/24",
  "192.52.193.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "192.175.48.0/24",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/3",
];
/** Of IPv6 only global unicast is open, without what is reserved or carries an IPv4 address inside. */
const OPEN_V6 = "2000::/3";
const CLOSED_V6 = ["2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"];

/** Whether an address as `dns.lookup` gives it is on the public internet. Anything that is no address is not. */
export function isPublicAddress(address: string): boolean {
  const v4 = parseV4(address);
  if (v4 !== null) {
    return !CLOSED_V4_RANGES.some((range) => isIn(v4, range));
  }
  const v6 = parseV6(address);
  return v6 !== null && isIn(v6, OPEN_V6_RANGE) && !CLOSED_V6_RANGES.some((range) => isIn(v6, range));
}

/** Whether an address is this machine itself. */
export function isLoopbackAddress(address: string): boolean {
  const v4 = parseV4(address);
  return v4 === null ? parseV6(address) === 1n : v4 >> 24n === 127n;
}

interface Range {
  network: bigint;
  shift: bigint;
}

function isIn(address: bigint, { network, shift }: Range): boolean {
  return address >> shift === network;
}

function rangeOf(text: string, bits: number): Range {
  const [address = "", prefix] = text.split("/");
  const shift = BigInt(bits - Number(prefix));
  const value = bits === 32 ? parseV4(address) : parseV6(address);
  if (value === null) {
    throw new Error(`not a range: ${text}`);
  }
  return { network: value >> shift, shift };
}

/** Four decimal numbers without leading zeros; every other spelling is refused. */
function parseV4(text: string): bigint | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  let value = 0n;
  for (const part of match?.slice(1) ?? []) {
    if (Number(part) > 255 || (part.length > 1 && part.startsWith("0"))) {
      return null;
    }
    value = (value << 8n) | BigInt(part);
  }
  return match === null ? null : value;
}

/** An IPv6 address, also with an IPv4 tail; zones are refused. */
function parseV6(text: string): bigint | null {
  const tail = /^(.*:)([^:]*\.[^:]*)$/.exec(text);
  const v4 = tail ? parseV4(tail[2] ?? "") : null;
  if (tail && v4 === null) {
    return null;
  }
  const plain =
    tail && v4 !== null ? `${tail[1]}${(v4 >> 16n).toString(16)}:${(v4 & 0xffffn).toString(16)}` : text;
  const [head = "", rest, ...more] = plain.split("::");
  if (more.length > 0) {
    return null;
  }
  const left = groupsOf(head);
  const right = rest === undefined ? [] : groupsOf(rest);
  const missing = 8 - left.length - right.length;
  if (rest === undefined ? missing !== 0 : missing < 1) {
    return null;
  }
  const groups = [...left, ...Array<string>(missing).fill("0"), ...right];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) {
    return null;
  }
  return groups.reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n);
}

function groupsOf(text: string): string[] {
  return text === "" ? [] : text.split(":");
}

const CLOSED_V4_RANGES = CLOSED_V4.map((text) => rangeOf(text, 32));
const OPEN_V6_RANGE = rangeOf(OPEN_V6, 128);
const CLOSED_V6_RANGES = CLOSED_V6.map((text) => rangeOf(text, 128));

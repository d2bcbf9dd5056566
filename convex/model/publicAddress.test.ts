import { BlockList } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { callbackUrlProblem } from "./callbackUrl";
import { isLoopbackAddress, isPublicAddress } from "./publicAddress";

const PRIVATE_URLS = [
  "https://127.0.0.1/",
  "https://127.1/",
  "https://2130706433/",
  "https://0x7f000001/",
  "https://0x7f.0.0.1/",
  "https://0177.0.0.1/",
  "https://017700000001/",
  "https://127.0.0.1.:443/",
  "https://①②⑦.0.0.1/",
  "https://127。0。0。1/",
  "https://0/",
  "https://0.0.0.0/",
  "https://10.0.0.1/",
  "https://10.255.255.255/",
  "https://100.64.0.1/",
  "https://169.254.169.254/latest/meta-data/",
  "https://2852039166/",
  "https://0xa9fea9fe/",
  "https://0251.0376.0251.0376/",
  "https://172.16.0.1/",
  "https://172.31.255.255/",
  "https://192.0.0.1/",
  "https://192.0.2.1/",
  "https://192.88.99.1/",
  "https://192.168.1.1/",
  "https://198.18.0.1/",
  "https://198.51.100.1/",
  "https://203.0.113.1/",
  "https://224.0.0.1/",
  "https://240.0.0.1/",
  "https://255.255.255.255/",
  "https://[::]/",
  "https://[::1]/",
  "https://[0:0:0:0:0:0:0:1]/",
  "https://[::127.0.0.1]/",
  "https://[::ffff:127.0.0.1]/",
  "https://[::ffff:7f00:1]/",
  "https://[::ffff:a9fe:a9fe]/",
  "https://[::ffff:0:127.0.0.1]/",
  "https://[64:ff9b::127.0.0.1]/",
  "https://[64:ff9b::a9fe:a9fe]/",
  "https://[64:ff9b:1::1]/",
  "https://[100::1]/",
  "https://[2001::1]/",
  "https://[2001:db8::1]/",
  "https://[2002:7f00:1::]/",
  "https://[2002:a9fe:a9fe::1]/",
  "https://[fc00::1]/",
  "https://[fd00:ec2::254]/",
  "https://[fe80::1]/",
  "https://[fec0::1]/",
  "https://[ff02::1]/",
  "https://localhost/",
  "https://LOCALHOST./",
  "https://a.localhost/",
  "https://metadata.google.internal/",
  "https://metadata/",
  "https://printer.local/",
  "https://router.home.arpa/",
];
const OTHERWISE_REFUSED = [
  "http://example.com/",
  "https://example.com:22/",
  "https://example.com:25/",
  "https://example.com:6379/",
  "https://example.com:80/",
  "https://user@example.com/",
  "https://user:password@example.com/",
  "ftp://example.com/",
  "file:///etc/passwd",
  "javascript:alert(1)",
  "//example.com",
  "https://",
  "https://[fe80::1%25eth0]/",
];

/** Node's own implementation as a second opinion, with the ranges as IANA lists them. */
function closedRanges(): BlockList {
  const list = new BlockList();
  for (const range of [
    ...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"],
    ...["192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15"],
    ...["198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"],
  ]) {
    const [address = "", prefix] = range.split("/");
    list.addSubnet(address, Number(prefix), "ipv4");
  }
  return list;
}

describe("a callback URL", () => {
  it.each(PRIVATE_URLS)("%s is refused as private", (url) => {
    expect(callbackUrlProblem(url, false)).toMatch(/private|not a URL/);
  });

  it.each(OTHERWISE_REFUSED)("%s is refused", (url) => {
    expect(callbackUrlProblem(url, false)).not.toBeNull();
  });

  it("may be any public https host on 443 and 8443", () => {
    for (const host of [
      "example.com",
      "example.com:8443",
      "8.8.8.8",
      "[2606:4700::1111]",
      "10.example.com",
    ]) {
      expect(callbackUrlProblem(`https://${host}/hooks?a=1`, false)).toBeNull();
    }
  });

  it("may be on loopback, and still nowhere else private, only when that is allowed", () => {
    for (const url of ["http://127.0.0.1:9999/", "http://localhost:3000/x", "https://[::1]:8443/"]) {
      expect(callbackUrlProblem(url, false)).not.toBeNull();
      expect(callbackUrlProblem(url, true)).toBeNull();
    }
    expect(callbackUrlProblem("http://10.0.0.1/", true)).not.toBeNull();
    expect(callbackUrlProblem("http://user@127.0.0.1/", true)).not.toBeNull();
  });
});

describe("an address", () => {
  it("in IPv4 is public exactly when no special range holds it", () => {
    const closed = closedRanges();
    const extra = ["192.31.196.", "192.52.193.", "192.175.48."];
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const isClosed = closed.check(address, "ipv4") || extra.some((prefix) => address.startsWith(prefix));
        expect(isPublicAddress(address)).toBe(!isClosed);
      }),
      { numRuns: 10_000 },
    );
  });

  it("that carries a private IPv4 address inside IPv6 is never public", () => {
    const wrappers = [
      (v4: string) => `::${v4}`,
      (v4: string) => `::ffff:${v4}`,
      (v4: string) => `::ffff:0:${v4}`,
      (v4: string) => `64:ff9b::${v4}`,
      (v4: string) => `2002:${hex(v4)}::1`,
      (v4: string) => `2001:0:${hex(v4)}::1`,
    ];
    fc.assert(
      fc.property(fc.ipV4(), fc.constantFrom(...wrappers), (v4, wrap) => {
        expect(isPublicAddress(wrap(v4))).toBe(false);
      }),
      { numRuns: 10_000 },
    );
  });

  it("in IPv6 is public only inside 2000::/3", () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        if (isPublicAddress(address)) expect(address).toMatch(/^[23][0-9a-f]{3}:/i);
      }),
      { numRuns: 10_000 },
    );
    expect(isPublicAddress("2606:4700:4700::1111")).toBe(true);
  });

  it("that is no address is not public", () => {
    for (const text of [
      "",
      "example.com",
      "1.2.3",
      "1.2.3.4.5",
      "01.2.3.4",
      "fe80::1%eth0",
      "2606::1::2",
      "::1/128",
    ]) {
      expect(isPublicAddress(text)).toBe(false);
      expect(isLoopbackAddress(text)).toBe(false);
    }
  });
});

function hex(v4: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = v4.split(".").map(Number);
  return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}

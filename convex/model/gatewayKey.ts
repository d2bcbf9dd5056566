const PREFIX = "ccg_live_";
const SECRET_LENGTH = 43; // 43 base62 characters hold 256 bits
const CHECKSUM_LENGTH = 6; // 6 base62 characters hold a CRC32
const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const SHAPE = /^ccg_live_[0-9A-Za-z]{49}$/;

/** A new gateway key from random bytes, each below 248 (a multiple of 62, so that every character is as likely). */
export function createGatewayKey(randomBytes: () => Uint8Array): string {
  let secret = "";
  while (secret.length < SECRET_LENGTH) {
    for (const byte of randomBytes()) {
      if (byte < 248 && secret.length < SECRET_LENGTH) {
        secret += ALPHABET.charAt(byte % 62);
      }
    }
  }
  return PREFIX + secret + checksum(PREFIX + secret);
}

/** Whether a credential has a gateway key's shape and its checksum holds: a typo is refused without a database read. */
export function isGatewayKey(credential: string): boolean {
  if (!SHAPE.test(credential)) {
    return false;
  }
  const body = credential.slice(0, -CHECKSUM_LENGTH);
  return checksum(body) === credential.slice(-CHECKSUM_LENGTH);
}

function checksum(text: string): string {
  let rest = crc32(text);
  let encoded = "";
  for (let position = 0; position < CHECKSUM_LENGTH; position++) {
    encoded = ALPHABET.charAt(rest % 62) + encoded;
    rest = Math.floor(rest / 62);
  }
  return encoded;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) {
    value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  }
  return value;
});

/** CRC-32 (ISO-HDLC) of ASCII text. */
function crc32(text: string): number {
  let crc = 0xffffffff;
  for (let position = 0; position < text.length; position++) {
    crc = (CRC_TABLE[(crc ^ text.charCodeAt(position)) & 0xff] ?? 0) ^ (crc >>> 8);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

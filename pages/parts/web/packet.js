// The bytes of one packet; see pages/parts/packets.py.

// Bytes -> {header, blob(i)}
export function parsePacket(raw) {
  const bytes = raw instanceof Uint8Array ? raw : new Uint8Array(raw.buffer ?? raw, raw.byteOffset ?? 0, raw.byteLength);
  const size = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + size)));
  const blob = (i) => {
    const [at, length] = header.blobs[i];
    return bytes.slice(4 + size + at, 4 + size + at + length);
  };
  return { header, blob };
}

export const floats = (bytes) => new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);

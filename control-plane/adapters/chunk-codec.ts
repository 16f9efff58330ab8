import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** How the bytes of a log chunk are stored: 0 as they came, 1 as raw deflate. */
export interface Packed {
  readonly codec: number;
  readonly bytes: Uint8Array;
}

/** Below this, deflate saves less than it costs. */
const WORTH_COMPRESSING = 256;

export function pack(bytes: Uint8Array): Packed {
  if (bytes.byteLength < WORTH_COMPRESSING) return { codec: 0, bytes };
  const deflated = deflateRawSync(bytes, { level: 1 });
  return deflated.byteLength < bytes.byteLength ? { codec: 1, bytes: deflated } : { codec: 0, bytes };
}

export function unpack({ codec, bytes }: Packed): Uint8Array {
  return codec === 1 ? new Uint8Array(inflateRawSync(bytes)) : bytes;
}

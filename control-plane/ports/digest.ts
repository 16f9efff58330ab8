/** Hashing, as a port because the application may not know the platform. */
export interface Digest {
  /** sha-256 of the UTF-8 text, hexadecimal. */
  sha256(text: string): string;
}

/** One build that a source offers. */
export interface ArtifactVersion {
  readonly build: string;
  readonly fileName: string;
  /** Where in the source: path below the directory, URL, or what the script printed. */
  readonly location: string;
  /** Hexadecimal; null where the source does not tell. */
  readonly sha256: string | null;
  readonly metadata: Readonly<Record<string, string>>;
}

export const MAX_VERSIONS = 1_000;

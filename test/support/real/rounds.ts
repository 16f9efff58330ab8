/** How often a suite repeats what depends on chance: a few times on every change, many times in `npm run soak`. */
export const rounds = (usual: number, soaking: number): number =>
  process.env['FAIRLEAD_TEST_SOAK'] === '1' ? soaking : usual;

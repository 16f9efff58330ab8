/** In a thread that was kept, the last mutant would be alive while the next one's tests are collected. */
import { inject } from 'vitest';

declare module 'vitest' {
  // What Stryker tells a worker, as far as it is needed here.
  interface ProvidedContext {
    readonly mutantActivation?: 'static' | 'runtime';
    readonly globalNamespace?: string;
  }
}

const namespace: unknown = Reflect.get(globalThis, inject('globalNamespace') ?? '');
if (inject('mutantActivation') !== 'static' && typeof namespace === 'object' && namespace !== null) {
  Reflect.set(namespace, 'activeMutant', undefined);
}

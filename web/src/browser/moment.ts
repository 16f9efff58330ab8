/** Whether the past is looked at: then time stands still, and nothing can be asked of what is shown. */
import { createContext, useContext } from 'react';

/** Null: now. */
export const MomentContext = createContext<number | null>(null);

export const useIsPast = (): boolean => useContext(MomentContext) !== null;

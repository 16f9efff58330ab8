/** Step types that the engine carries out by itself. */
export const SELECT_NODES = 'SELECT_NODES';
export const BARRIER = 'BARRIER';
export const RESOURCE_CONSTRAINT = 'RESOURCE_CONSTRAINT';
export const APPROVAL = 'APPROVAL';

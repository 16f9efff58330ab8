/** Step types that mean more to the engine than work for an agent: the first four it carries out by itself. */
export const SELECT_NODES = 'SELECT_NODES';
export const BARRIER = 'BARRIER';
export const RESOURCE_CONSTRAINT = 'RESOURCE_CONSTRAINT';
export const APPROVAL = 'APPROVAL';
export const SCRIPT_APPROVAL = 'SCRIPT_APPROVAL';

/** What a person answers in a way of their own, or what waits for others: nobody decides on them again (orchestration 9.3, 12.2). */
export const NEVER_ASKED: readonly string[] = [APPROVAL, SCRIPT_APPROVAL, RESOURCE_CONSTRAINT];

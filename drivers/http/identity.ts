import type { HttpDevice } from './kind.ts';

/** What a device calls itself. */
export const identityOf = ({ id, options }: Pick<HttpDevice, 'id' | 'options'>): string => options.identity ?? id;

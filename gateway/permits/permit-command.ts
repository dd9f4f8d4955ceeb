import { z } from 'zod';
import { Fault, textOf } from '#kit/fault.ts';
import { type Overlap, type PermitEntry, type Permits, permit } from '../rules/permit.ts';
import { PERMIT_FAULTS } from './faults.ts';

/** What the platform sends: the whole permit, and the number of this change of it. */
const command = z.strictObject({
  permit,
  revision: z.int().min(1),
  note: z.string().max(1000).optional(),
});

/** The answer to a command; a refusal names every field that is wrong. */
export type PermitReply =
  | {
      readonly status: 'done' | 'unchanged';
      readonly permit: string;
      readonly revision: number;
      readonly warnings: readonly Overlap[];
    }
  | {
      readonly status: 'refused';
      readonly code: string;
      readonly message: string;
      /** The permit of that number as it is here, where there is one. */
      readonly present: object | null;
    };

/**
 * The command `permit` of an upstream (DESIGN 4.4): validated whole, and idempotent by the permit's number and its
 * revision, so that whoever gets no reply sends it again.
 */
export async function takePermitCommand(
  register: Pick<Permits, 'change' | 'find'>,
  payload: unknown,
  upstream: string,
): Promise<PermitReply> {
  const read = command.safeParse(payload);
  if (!read.success) {
    const errors = read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    return { status: 'refused', code: PERMIT_FAULTS.invalid, message: errors.join('; '), present: null };
  }
  const { permit: wanted, revision, note } = read.data;
  const present = (): PermitEntry | null => {
    try {
      return register.find(wanted.id);
    } catch (error) {
      if (error instanceof Fault && error.code === PERMIT_FAULTS.unknown) return null;
      throw error;
    }
  };
  try {
    const author = { by: upstream, source: 'upstream' as const, note };
    const { status, warnings } = await register.change([{ permit: wanted, revision }], author);
    return { status, permit: wanted.id, revision: present()?.revision ?? revision, warnings };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { status: 'refused', code: error.code, message: textOf(error), present: present() };
  }
}

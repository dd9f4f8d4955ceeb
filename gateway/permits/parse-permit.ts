import { Fault } from '#kit/fault.ts';
import { type Permit, permit } from '../rules/permit.ts';
import { PERMIT_FAULTS } from './faults.ts';

/** A permit that came from outside. Throws a Fault `permit-invalid` that names every field that is wrong. */
export function parsePermit(value: unknown): Permit {
  const read = permit.safeParse(value);
  if (read.success) return read.data;
  const errors = read.error.issues.map(({ path, message }) => `${path.join('.') || 'permit'}: ${message}`);
  throw new Fault(PERMIT_FAULTS.invalid, errors.join('; '));
}

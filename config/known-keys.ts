import { z } from 'zod';
import { isRecord, type Path } from './document.ts';

/** The schema behind defaults, options and pipes: what a person may write. */
export function inputOf(schema: z.core.$ZodType): z.core.$ZodType {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodReadonly
  ) {
    return inputOf(schema.def.innerType);
  }
  // z.preprocess is a pipe that begins with a transform: what it leads to says more.
  if (schema instanceof z.ZodPipe) {
    return inputOf(schema.def.in instanceof z.ZodTransform ? schema.def.out : schema.def.in);
  }
  return schema;
}

/** What a z.preprocess makes of a value before its schema sees it, such as filling in a `kind` that is left out. */
export function preprocess(schema: z.core.$ZodType, value: unknown): unknown {
  if (!(schema instanceof z.ZodPipe && schema.def.in instanceof z.ZodTransform)) return value;
  return schema.def.in.def.transform(value, { value, issues: [] });
}

/** The keys that may stand in the map at a path; of a union those of each kind, unless the map's `kind` tells which. */
export function knownKeys(schema: z.core.$ZodType, path: Path, given: unknown): string[] {
  const input = inputOf(schema);
  const value = preprocess(schema, given);
  if (input instanceof z.ZodUnion) {
    const options = input.def.options.filter((option) => !isOtherKind(option, value));
    const chosen = options.length > 0 ? options : input.def.options;
    return [...new Set(chosen.flatMap((option) => knownKeys(option, path, value)))];
  }
  const [step, ...rest] = path;
  const below = isRecord(value) && step !== undefined && Object.hasOwn(value, step) ? value[step] : undefined;
  if (input instanceof z.ZodObject) {
    if (step === undefined) return Object.keys(input.shape);
    const next = Object.hasOwn(input.shape, step) ? input.shape[String(step)] : undefined;
    return next === undefined ? [] : knownKeys(next, rest, below);
  }
  if (step === undefined) return [];
  if (input instanceof z.ZodArray) return knownKeys(input.def.element, rest, below);
  if (input instanceof z.ZodRecord) return knownKeys(input.def.valueType, rest, below);
  return [];
}

/** Whether some key of an object must have a value which this one has otherwise. */
function isOtherKind(option: z.core.$ZodType, value: unknown): boolean {
  const input = inputOf(option);
  if (!(input instanceof z.ZodObject) || !isRecord(value)) return false;
  return Object.entries(input.shape).some(([key, each]) => {
    const wanted = inputOf(each);
    return (
      wanted instanceof z.ZodLiteral &&
      Object.hasOwn(value, key) &&
      !wanted.def.values.some((one: unknown) => one === value[key])
    );
  });
}

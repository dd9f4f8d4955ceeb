import { LEVELS, type Level } from './finding.ts';

/** The levels that a rule names, lowest first, each with what it says. */
export const levelsOf = <T>(levels: Readonly<Partial<Record<Level, T | undefined>>>): [Level, T][] =>
  LEVELS.flatMap((level) => {
    const said = levels[level];
    return said === undefined ? [] : [[level, said] as [Level, T]];
  });

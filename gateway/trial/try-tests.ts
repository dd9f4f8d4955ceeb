import { encodeProblem } from '../../config/check-report.ts';
import { type Fields, type LoneProfile, placeAlone } from '../../config/lone-device.ts';
import type { ProfileData, ProfileTest } from '../../config/profile-tests.ts';
import type { Driver } from '../../drivers/driver.ts';
import { trials } from './index.ts';
import { findDifferences } from './run-tests.ts';
import type { Outcome } from './tried.ts';

export interface TriedTest {
  readonly test: ProfileTest;
  readonly outcome: Outcome;
  /** What is otherwise than the test says; none when it is right. */
  readonly problems: readonly string[];
}

/** Runs a model's own tests, one after another. */
export async function tryTests(model: LoneProfile, drivers: readonly Driver[]): Promise<TriedTest[]> {
  const tried: TriedTest[] = [];
  for (const test of model.profile.tests) {
    const { is: _, expect: __, height, ...data } = test;
    const outcome = await tryData(model, drivers, data, height);
    tried.push(
      typeof outcome === 'string'
        ? { test, outcome: new Map(), problems: [outcome] }
        : { test, outcome, problems: findDifferences(test, outcome) },
    );
  }
  return tried;
}

/** Raw data through the real decoder of the model's protocol; a text where that cannot be. */
export async function tryData(
  model: LoneProfile,
  drivers: readonly Driver[],
  data: ProfileData,
  heightMm: number | undefined,
): Promise<Outcome | string> {
  const { protocol } = model.profile.driver;
  const driver = drivers.find((each) => each.protocol === protocol);
  const trial = trials[protocol];
  if (driver === undefined || trial === undefined) return `a model of protocol ${protocol} cannot be tried on data`;
  let wrong: string | undefined;
  const place = async (link: Fields, device: Fields) => {
    const height = heightMm === undefined ? {} : { height: `${heightMm}mm` };
    const placed = await placeAlone(model, drivers, link, { ...device, ...height });
    const error = placed.problems.find(({ severity }) => severity === 'error');
    wrong = error && encodeProblem(error);
    return placed.link ?? undefined;
  };
  const outcome = await trial(driver, place, data);
  return wrong ?? outcome;
}

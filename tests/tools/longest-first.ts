import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What plays in real time or starts many programs, the longest first. It is mostly waiting: short tests run beside it. */
const LONGEST = [
  'tests/demo/live',
  'tests/soak/',
  'tests/e2e/reload',
  'tests/gateway/console/',
  'tests/e2e/installer',
  'tests/e2e/disk',
  'tests/drivers/mqtt/sessions/conformance',
  'tests/e2e/',
  'tests/gateway/history/',
  'tests/gateway/installer/',
  'tests/gateway/commissioning/',
  'tests/drivers/modbus/dial-in',
  'tests/drivers/hj212/link',
  'tests/firmware-sim/main',
  'tests/gateway/upstream/mqtt',
  'tests/gateway/notify/channels/contract',
];

/** Where no run before it has told how long each file takes, as in CI, none of the long ones may begin at the end. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rankOf = ({ moduleId }: TestSpecification) => {
      const found = LONGEST.findIndex((part) => moduleId.includes(part));
      return found < 0 ? LONGEST.length : found;
    };
    return (await super.sort(files)).toSorted((a, b) => rankOf(a) - rankOf(b));
  }
}

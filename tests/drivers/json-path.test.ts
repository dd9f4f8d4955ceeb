import { describe, expect, test } from 'vitest';
import { lookUp, parseJsonPath } from '../../drivers/json-path.ts';

const payload = JSON.parse(
  '{"la":57.1,"data":{"temp":21,"__proto__":{"x":1}},"list":[{"v":1},{"v":2}],"odd key":3,"it\'s":4,"a-b":5,"深度":6,"nil":null,"0":7}',
);

describe('a path into a payload', () => {
  test.each([
    ['$', payload, 'the whole payload'],
    ['$.la', 57.1, 'a member'],
    ['$.data.temp', 21, 'a member of a member'],
    ['$.list[0].v', 1, 'a member of the first of a list'],
    ['$.list[1]["v"]', 2, 'a name in double quotes'],
    ["$['odd key']", 3, 'a name with a space'],
    ["$['it\\'s']", 4, 'a quote in a name'],
    ['$.a-b', 5, 'a name with a hyphen'],
    ['$.深度', 6, 'a name in Chinese'],
    ['$.nil', null, 'null is there'],
    ["$['0']", 7, 'a quoted number is a name'],
    ['$.data.__proto__.x', 1, 'a member called __proto__ is a member like any other'],
    ['$.list[2].v', undefined, 'past the end of a list'],
    ['$.la.x', undefined, 'below a number'],
    ['$.nil.x', undefined, 'below null'],
    ['$.toString', undefined, 'an inherited name is not there'],
    ['$.constructor.name', undefined, 'nor is the constructor'],
    ['$.__proto__', undefined, 'nor is the prototype'],
    ['$.list.length', undefined, 'the length of a list is no member'],
    ['$[0]', undefined, 'an object has no index'],
    ["$.list['0']", undefined, 'a list has no names'],
  ])('%s: %o (%s)', (text, expected) => {
    const path = parseJsonPath(text);
    expect(path).toBeDefined();
    expect(lookUp(payload, path ?? ['?'])).toEqual(expected);
  });

  test.each([
    ['', 'nothing'],
    ['la', 'no root'],
    ['$la', 'no dot'],
    ['$.', 'no name'],
    ['$..la', 'a descent'],
    ['$.*', 'a wildcard'],
    ['$[*]', 'a wildcard index'],
    ['$[-1]', 'an index from the end'],
    ['$[01]', 'a leading zero'],
    ['$[10000]', 'an index out of bounds'],
    ['$[1:2]', 'a slice'],
    ['$[?(@.a)]', 'a filter'],
    ["$['a]", 'an open quote'],
    ["$['a'", 'an open bracket'],
    ['$.a b', 'a space'],
    ['$.a.', 'a dot at the end'],
    [`$${'.a'.repeat(17)}`, 'too many steps'],
    [`$.${'a'.repeat(256)}`, 'too long'],
  ])('%s is none: %s', (text) => {
    expect(parseJsonPath(text)).toBeUndefined();
  });
});

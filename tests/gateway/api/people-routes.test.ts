import { expect, test } from 'vitest';
import { peopleView } from '../../../gateway/site/site-views.ts';
import { aPeople } from '../notify/a-roll.ts';
import { apiUnderTest } from './api-under-test.ts';

test('whom one may send is named for those who respond, and masked for those who only look', async () => {
  await using api = await apiUnderTest();
  for (const as of ['duty', 'responder', 'admin'] as const) {
    expect((await api.ask({ url: '/api/v1/people', as })).json()).toMatchObject({
      contacts: [{ id: 'li', name: '李娜', phone: '138****5678', devices: ['noise-07'] }],
      teams: [{ id: 'team-1', name: '夜巡队' }],
      channels: [{ id: 'sms', kind: 'sms' }],
    });
  }
  for (const as of ['viewer', 'installer'] as const) {
    const body = (await api.ask({ url: '/api/v1/people', as })).json();
    expect(body.contacts).toEqual([
      { id: 'li', name: '李*', phone: null, roles: ['duty'], grids: [], devices: [], hasAccount: true },
    ]);
    expect(body.teams).toMatchObject([{ name: '夜巡队' }]);
  }
});

test('no number of people.yaml leaves the site whole, and no address at all', () => {
  const people = aPeople();
  const told = JSON.stringify(peopleView(people, []));
  const numbers = people.contacts
    .flatMap(({ phone, email, user }) => [phone, email, user])
    .filter((each) => each != null);
  expect(numbers.length).toBeGreaterThan(0);
  for (const number of numbers) expect(told).not.toContain(number);
});

test('plans with their titles, and rules with their limits', async () => {
  await using api = await apiUnderTest();
  expect((await api.ask({ url: '/api/v1/plans', as: 'viewer' })).json().plans).toMatchObject([
    { id: 'standard', title: { zh: '标准' }, steps: { acknowledge: { red: 300_000 } } },
  ]);
  expect((await api.ask({ url: '/api/v1/rules', as: 'viewer' })).json().rules).toMatchObject([
    { id: 'waterlogging', measure: 'value', levels: { red: { atLeast: 30 } } },
  ]);
});

import { expect, test } from 'vitest';
import { raised, World } from './world.ts';

const to = ({ requests }: World) => requests.map(({ channel, text }) => `${channel} ${text}`);
const fire = (subject: string) => ({ ...raised(subject), subject });

test('a second fire is told too while the disk takes nothing', async () => {
  await using world = new World('voice');
  await world.start();
  world.disk.isGone = true;
  world.wants = { urgent: true };
  world.caller.tellAtOnce(fire('first'));
  await world.pass(2_000);
  world.caller.tellAtOnce(fire('second'));
  await world.pass(2_000);
  expect(to(world)).toEqual(['voice first', 'voice second']);
  world.disk.comeBack();
  await world.pass();
  expect(world.told).toEqual(['sent voice', 'sent voice']);
});

test('a channel that fails hands over to the next while the disk takes nothing', async () => {
  await using world = new World('voice', 'sms');
  world.channel('voice').answers.push({ status: 'later', code: 'no-modem', message: 'no modem', retryMs: null });
  await world.start();
  world.disk.isGone = true;
  world.wants = { urgent: true };
  world.caller.tellAtOnce(fire('first'));
  await world.pass(2_000);
  await world.pass(2_000);
  expect(to(world)).toEqual(['voice first', 'sms first']);
});

test('what is not urgent waits for the disk, however often it is looked at', async () => {
  await using world = new World('sms');
  await world.start();
  world.disk.write([raised('noise')]);
  world.disk.isGone = true;
  for (let i = 0; i < 5; i++) {
    world.caller.wake();
    await world.pass(2_000);
  }
  expect(to(world)).toEqual([]);
  world.disk.comeBack();
  await world.pass();
  expect(to(world)).toEqual(['sms water-02/depth/waterlogging']);
});

test('a fire of this run is told although one of an earlier run was told without the disk as well', async () => {
  await using world = new World('sms');
  world.channel('sms').answers.push({ status: 'accepted', receipt: '7' });
  world.wants = { urgent: true };
  await world.start();
  world.caller.tellAtOnce(fire('first'));
  await world.pass(2_000);
  world.kill();
  await world.start();
  world.caller.tellAtOnce(fire('second'));
  await world.pass(2_000);
  expect(to(world)).toEqual(['sms first', 'sms second']);
});

test('one that cannot be put into words holds up no other', async () => {
  await using world = new World('sms');
  await world.start({
    speak: (call, event) => {
      if (event.subject === 'bad') throw new Error('no words');
      const message = { id: '1', title: '', text: event.subject, speech: '', level: null, isExercise: false };
      return { message: { ...message, urgent: call.urgent, data: {}, link: null }, recipients: [] };
    },
  });
  world.disk.write([fire('bad'), fire('good')]);
  await world.pass(2_000);
  expect(to(world)).toEqual(['sms good']);
  expect(world.told).toEqual(['failed sms', 'sent sms']);
});

test('an entry that cannot be read holds up no fire', async () => {
  await using world = new World('sms');
  await world.start();
  world.disk.fails = new Error('the card is dead');
  // More than is kept at hand: these are to be read from the disk.
  world.disk.write(Array.from({ length: 200 }, (_, i) => raised(`a${i}`)));
  world.wants = { urgent: true };
  world.caller.tellAtOnce(fire('fire'));
  await world.pass(2_000);
  expect(to(world)).toEqual(['sms fire']);
});

/** Event types to choose from: the catalogue's, and those that were sent without being in it. */
import { unionOf } from '../../web/src/pages/deliveries/type-choices.ts';

test.each([
  [[], [], []],
  [['webhook.test'], ['user.created'], ['webhook.test', 'user.created']],
  [
    ['b', 'a'],
    ['z', 'a', 'c'],
    ['b', 'a', 'c', 'z'],
  ],
])('of the catalogue %j and what was sent %j, each is offered once: %j', (catalogue, sent, offered) => {
  expect(unionOf(catalogue, sent)).toEqual(offered);
});

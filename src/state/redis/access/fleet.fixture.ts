import { accessRule } from '../../../policies/access/rule.fixture.ts';
import type { AccessRule } from '../../../policies/access/rule.ts';
import { systemClock } from '../../../shared/clock.ts';
import { systemRandom } from '../../../shared/random.ts';
import type { AccessRequest } from '../../access-contract.ts';
import { linkTo } from '../redis-link.fixture.ts';
import { SharedRevisions } from '../revisions/shared-revisions.ts';
import { Topics } from '../topics.ts';
import { RedisAccessControl, type RedisAccessControlOptions } from './access-control.ts';

let nodes = 0;

/** A node of a fleet, as far as access goes. */
export async function accessNode(
  url: string,
  rules: readonly AccessRule[],
  more: Partial<RedisAccessControlOptions> = {},
) {
  const link = await linkTo(url);
  const topics = new Topics(systemClock, link);
  const revisions = new SharedRevisions({ clock: systemClock, random: systemRandom, link, topics });
  const node = `node${++nodes}`;
  const access = new RedisAccessControl({
    clock: systemClock,
    link,
    topics,
    revisions,
    node,
    nodes: () => 3,
    ...more,
  });
  access.replaceRules(rules);
  const ask = (request: Partial<AccessRequest> = {}) =>
    access.check({ ip: '10.0.0.1', clientId: undefined, path: '/items/1', method: 'GET', ...request });
  const close = () => {
    access.close();
    revisions.close();
    topics.close();
    link.close();
  };
  return { access, ask, link, topics, revisions, close };
}

export type AccessNode = Awaited<ReturnType<typeof accessNode>>;

export { accessRule };

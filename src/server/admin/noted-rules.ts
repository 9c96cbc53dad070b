import type { Author } from '../../ledger/contracts.ts';
import type { Timeline } from '../../live/timeline.ts';
import type { RulesPort } from './ports.ts';

/**
 * The rule store, with a line on the timeline for every change that it took. Rules write their own audit entries, so
 * that the audit trail does not hear of them.
 */
export function notedRules(store: RulesPort['store'], timeline: Pick<Timeline, 'note'>): RulesPort['store'] {
  const note = (action: string, subject: string, { actor }: Author): void =>
    timeline.note({ kind: 'operator', facts: { actor, action, subject } });
  const noted = async <Result extends { readonly kind: string }>(
    action: string,
    id: string,
    by: Author,
    change: Promise<Result>,
  ): Promise<Result> => {
    const result = await change;
    if (result.kind === 'ok') note(action, `rule/${id}`, by);
    return result;
  };
  return {
    list: () => store.list(),
    get: (id) => store.get(id),
    insert: (document, by) => noted('rule.create', document.id, by, store.insert(document, by)),
    update: (id, expected, document, by) =>
      noted('rule.update', id, by, store.update(id, expected, document, by)),
    delete: (id, expected, by) => noted('rule.delete', id, by, store.delete(id, expected, by)),
    async importAll(documents, mode, by) {
      const report = await store.importAll(documents, mode, by);
      if (report.created + report.updated + report.deleted > 0) note('rules.import', 'rules', by);
      return report;
    },
  };
}

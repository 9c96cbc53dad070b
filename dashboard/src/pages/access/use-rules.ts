import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { ask } from '../../api/client.ts';
import type { Page, Rule, RuleBody } from '../../api/types.ts';

export const RULES_A_PAGE = 100;
/** Counters move slowly enough for a person; the list of 10,000 rules is work for the server. */
const REFRESH_MS = 5_000;

export interface RuleFilters {
  readonly client: string | undefined;
  readonly path: string | undefined;
  readonly source: Rule['source'] | undefined;
}

/** One page of the rules. The one before stays until the next is there. */
export function useRules(filters: RuleFilters, offset: number) {
  return useQuery({
    queryKey: ['rules', 'list', filters, offset],
    queryFn: ({ signal }) =>
      ask<Page<Rule>>('/rules', { query: { ...filters, offset, limit: RULES_A_PAGE }, signal }),
    refetchInterval: REFRESH_MS,
    placeholderData: keepPreviousData,
  });
}

export function useRule(id: string | undefined) {
  return useQuery({
    queryKey: ['rules', 'one', id],
    queryFn: ({ signal }) => ask<Rule>(`/rules/${encodeURIComponent(id ?? '')}`, { signal }),
    enabled: id !== undefined,
    // What is being edited must not change under the hand.
    refetchOnWindowFocus: false,
    staleTime: 0,
    gcTime: 0,
  });
}

/** A change of a rule. `on` is the version that it is made on: undefined makes a new rule. */
export type RuleChange =
  | { readonly kind: 'save'; readonly body: RuleBody; readonly on: number | undefined }
  | { readonly kind: 'delete'; readonly id: string; readonly on: number };

/** Rejects with `precondition_failed` when somebody else was faster. */
export function useRuleChange() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change: RuleChange) => sendChange(change),
    onSuccess: () => client.invalidateQueries({ queryKey: ['rules'] }),
  });
}

function sendChange(change: RuleChange): Promise<Rule | undefined> {
  if (change.kind === 'delete') {
    return ask(pathOf(change.id), { method: 'DELETE', headers: ifMatch(change.on) });
  }
  const { body, on } = change;
  if (on === undefined) return ask('/rules', { method: 'POST', body });
  return ask(pathOf(body.id), { method: 'PUT', body, headers: ifMatch(on) });
}

const pathOf = (id: string) => `/rules/${encodeURIComponent(id)}`;

/** The `ETag` of a rule is its version. */
const ifMatch = (version: number) => ({ 'If-Match': `"${version}"` });

import type { Rule, RuleAction, RuleBody } from '../../api/types.ts';
import { clientOfRule } from '../../clients/rule-client.ts';
import { isAddress, maskClient, maskNumbers } from '../../clients/tax-id.ts';
import { durationOf, rateOf } from './rule-rate.ts';

/** A rule as the form holds it: every field a text or a choice. */
export interface RuleForm {
  readonly id: string;
  readonly enabled: boolean;
  readonly shadow: boolean;
  readonly action: RuleAction;
  readonly who: 'any' | 'address' | 'id';
  /** An address, a block, or a client id without its mark; of no meaning for `any`. */
  readonly client: string;
  /** `*` or empty: any. */
  readonly path: string;
  /** `GET, POST`; `*` or empty: any. */
  readonly methods: string;
  /** `5 per 1m`; empty: none. */
  readonly limit: string;
  readonly algorithm: Rule['algorithm'];
  readonly enforce: Rule['enforce'];
  /** `10m`; empty: not blocked. */
  readonly blockFor: string;
  readonly note: string;
}

const ID_MARK = 'client:';
const RULE_ID = /^[A-Za-z0-9._-]{1,64}$/;
/** Words of the API that stand where an id does. */
const RESERVED_IDS: readonly string[] = ['export', 'import', 'test'];
const MOST_NOTE = 1_000;

/** A new rule, about the client that the address of the page names, if it does. */
export function newForm(client?: string): RuleForm {
  return {
    id: '',
    enabled: true,
    shadow: false,
    action: 'throttle',
    ...whoOf(client === undefined || client === '' ? '*' : clientOfRule(client)),
    path: '*',
    methods: '',
    limit: '',
    algorithm: 'sliding_window',
    enforce: 'exact',
    blockFor: '',
    note: '',
  };
}

/** Tax ids in it are hidden; `bodyOf` puts them back where they were not changed. */
export function formOf(rule: Rule): RuleForm {
  const { id, enabled, shadow, action, algorithm, enforce } = rule;
  return {
    id,
    enabled,
    shadow,
    action,
    algorithm,
    enforce,
    ...whoOf(maskClient(rule.client)),
    path: maskNumbers(rule.path),
    methods: rule.methods.includes('*') ? '' : rule.methods.join(', '),
    limit: rule.limit ?? '',
    blockFor: rule.block_for ?? '',
    note: maskNumbers(rule.note ?? ''),
  };
}

function whoOf(client: string): Pick<RuleForm, 'who' | 'client'> {
  if (client === '*') return { who: 'any', client: '' };
  if (client.startsWith(ID_MARK)) return { who: 'id', client: client.slice(ID_MARK.length) };
  return { who: 'address', client };
}

function clientOf({ who, client }: Pick<RuleForm, 'who' | 'client'>): string {
  if (who === 'any') return '*';
  return who === 'id' ? ID_MARK + client.trim() : client.trim();
}

/** What the API is sent. What an action does not take is left out, whatever stands in its field. */
export function bodyOf(form: RuleForm, original?: Rule): RuleBody {
  const takesLimit = form.action !== 'allow';
  const limit = takesLimit ? form.limit.trim() : '';
  const blockFor = limit === '' ? '' : form.blockFor.trim();
  const note = unlessHidden(form.note.trim(), original?.note, maskNumbers);
  const methods = form.methods
    .split(/[\s,]+/)
    .filter((method) => method !== '')
    .map((method) => method.toUpperCase());
  return {
    id: form.id.trim(),
    enabled: form.enabled,
    shadow: form.shadow,
    client: unlessHidden(clientOf(form), original?.client, maskClient),
    path: unlessHidden(form.path.trim() || '*', original?.path, maskNumbers),
    methods: methods.length === 0 ? ['*'] : methods,
    action: form.action,
    algorithm: form.algorithm,
    enforce: form.enforce,
    ...(limit === '' ? {} : { limit }),
    ...(blockFor === '' ? {} : { block_for: blockFor }),
    ...(note === '' ? {} : { note }),
  };
}

/** What was typed; the original where only its hidden form stands there still. */
function unlessHidden(typed: string, original: string | undefined, mask: (text: string) => string): string {
  return original !== undefined && typed === mask(original) ? original : typed;
}

/** A rule of the API without what only answers have, and with other switches. */
export function bodyWith(rule: Rule, change: Partial<Pick<RuleBody, 'enabled' | 'shadow'>>): RuleBody {
  const { id, enabled, shadow, client, path, methods, limit, action, algorithm, enforce, block_for, note } =
    rule;
  return {
    id,
    enabled,
    shadow,
    client,
    path,
    methods,
    action,
    algorithm,
    enforce,
    ...(limit === undefined ? {} : { limit }),
    ...(block_for === undefined ? {} : { block_for }),
    ...(note === undefined ? {} : { note }),
    ...change,
  };
}

/** The fields as the API names them. */
export type RuleField = keyof RuleBody;

export type RuleComplaint =
  | 'id'
  | 'idReserved'
  | 'address'
  | 'clientId'
  | 'path'
  | 'methods'
  | 'limitNeeded'
  | 'limit'
  | 'blockFor'
  | 'blockNeedsLimit'
  | 'note';

/** What can be said before the server is asked. What is hidden was right when it was saved. */
export function complaintsOf(form: RuleForm): Partial<Record<RuleField, RuleComplaint>> {
  const found: Partial<Record<RuleField, RuleComplaint>> = {};
  const id = form.id.trim();
  if (!RULE_ID.test(id)) found.id = 'id';
  else if (RESERVED_IDS.includes(id)) found.id = 'idReserved';
  const client = form.client.trim();
  if (form.who === 'address' && !isAddress(client)) found.client = 'address';
  if (form.who === 'id' && (client === '' || client.length > 256)) found.client = 'clientId';
  const path = form.path.trim();
  if (path !== '' && path !== '*' && !/^\/[^*?#\s]*(?:(?<=\/)\*)?$/.test(path) && !path.includes('***'))
    found.path = 'path';
  if (!/^[A-Za-z*][\w*,\s-]*$|^\s*$/.test(form.methods)) found.methods = 'methods';
  const limit = form.action === 'allow' ? '' : form.limit.trim();
  if (limit === '' && form.action === 'throttle') found.limit = 'limitNeeded';
  if (limit !== '' && rateOf(limit) === undefined) found.limit = 'limit';
  const blockFor = form.action === 'allow' ? '' : form.blockFor.trim();
  if (blockFor !== '' && limit === '') found.block_for = 'blockNeedsLimit';
  else if (blockFor !== '' && durationOf(blockFor) === undefined) found.block_for = 'blockFor';
  if (form.note.length > MOST_NOTE || /[\r\n]/.test(form.note)) found.note = 'note';
  return found;
}

import type { RouteView } from '../api/types.ts';
import { inputParams, isWildcard, takesBody } from './route-choice.ts';

/** What a person says of a burst; the route and its method stand in the address of the page. */
export interface BurstForm {
  /** What the `*` of the path stands for. */
  readonly rest: string;
  readonly params: Readonly<Record<string, string>>;
  /** Undefined while the field is empty. */
  readonly count: number | undefined;
  /** Undefined: all of them, up to the bound. */
  readonly concurrency: number | undefined;
  /** Such as `10%:0,20%:5`; empty: nobody says a priority. */
  readonly mix: string;
  /** Such as `2 per 1s`; empty: as many at once as may. */
  readonly rate: string;
  readonly client: string;
  /** Every call asks for the same. */
  readonly same: boolean;
  readonly body: string;
}

/** As the server bounds them. */
export const BOUNDS = { count: 10_000, concurrency: 1_000 } as const;

export const PRESET_IDS = ['burst20', 'burst50', 'steady', 'mixed'] as const;
export type PresetId = (typeof PRESET_IDS)[number];

type Shape = Pick<BurstForm, 'count' | 'concurrency' | 'mix' | 'rate' | 'same'>;

const PLAIN: Shape = { count: 20, concurrency: undefined, mix: '', rate: '', same: false };

const SHAPES: Readonly<Record<PresetId, Shape>> = {
  burst20: PLAIN,
  burst50: { ...PLAIN, count: 50 },
  steady: { ...PLAIN, count: 60, rate: '2 per 1s' },
  mixed: { ...PLAIN, count: 50, mix: '10%:0,20%:5' },
};

const EMPTY: BurstForm = { ...PLAIN, rest: '', params: {}, client: 'load-test', body: '{}' };

/** The form as the preset sets it; what is no part of a preset stays as it is. */
export function withPreset(id: PresetId, form: BurstForm = EMPTY): BurstForm {
  return { ...form, ...SHAPES[id] };
}

/** The preset that the form is, as it stands; undefined: settings of one's own. */
export function presetOf(form: BurstForm): PresetId | undefined {
  return PRESET_IDS.find((id) =>
    (Object.keys(PLAIN) as (keyof Shape)[]).every((key) => SHAPES[id][key] === form[key]),
  );
}

/** The preset of that name; the burst of 50 without one. */
export function namedPreset(name: string | undefined): PresetId {
  return PRESET_IDS.find((id) => id === name) ?? 'burst50';
}

/** As `POST /bursts` takes it. */
export interface BurstRequest {
  readonly route: string;
  readonly method: string;
  readonly path?: string;
  readonly params: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly count: number;
  readonly concurrency?: number;
  readonly priority_mix?: string;
  readonly rate?: string;
  readonly client?: string;
  readonly same: boolean;
  readonly confirm?: string;
}

/** Parameters with an input of their own here: each call brings a CPF by itself. */
export function burstParams(route: RouteView): readonly RouteView['params'][number][] {
  return inputParams(route).filter(({ pattern }) => pattern !== 'cpf');
}

/** Undefined while the form says too little to be asked about. */
export function burstRequest(route: RouteView, method: string, form: BurstForm): BurstRequest | undefined {
  const { count, concurrency, same } = form;
  if (count === undefined) return undefined;
  const params: Record<string, string> = {};
  for (const { name } of burstParams(route)) {
    const value = form.params[name]?.trim() ?? '';
    if (value !== '') params[name] = value;
  }
  const [mix, rate, client] = [form.mix.trim(), form.rate.trim(), form.client.trim()];
  return {
    route: route.path,
    method,
    params,
    count,
    same,
    ...(isWildcard(route) ? { path: form.rest.trim().replace(/^\/+/, '') } : {}),
    ...(takesBody(route, method) && form.body.trim() !== '' ? { body: form.body } : {}),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(mix === '' ? {} : { priority_mix: mix }),
    ...(rate === '' ? {} : { rate }),
    ...(client === '' ? {} : { client }),
  };
}

import { useTranslation } from 'react-i18next';
import type { RouteView } from '../api/types.ts';
import { Field } from '../ui/field.tsx';
import { Select } from '../ui/select.tsx';
import { TextInput } from '../ui/text-input.tsx';
import { ParamField } from './param-field.tsx';
import { isWildcard, methodsOf, routeKey } from './route-choice.ts';

/** What a form says of the call besides its route. */
export interface RouteForm {
  /** What the `*` of the path stands for. */
  readonly rest: string;
  readonly params: Readonly<Record<string, string>>;
}

export interface RouteFieldsProps {
  routes: readonly RouteView[];
  route: RouteView;
  method: string;
  onChoose: (path: string, method: string | undefined) => void;
  /** Those of its parameters that have an input. */
  params: readonly RouteView['params'][number][];
  form: RouteForm;
  onChange: (change: Partial<RouteForm>) => void;
  /** By field of the API. */
  errors: Readonly<Record<string, string>>;
}

/**
 * What is called: the route, its method where there are several, the rest of its path where it has a `*`, and its
 * parameters.
 */
export function RouteFields(props: RouteFieldsProps) {
  const { routes, route, method, onChoose, params, form, onChange, errors } = props;
  const { t } = useTranslation('playground');
  const methods = methodsOf(route);
  const chooseRoute = (key: string) => {
    const next = routes.find((one) => routeKey(one) === key);
    if (next === undefined) return;
    const isAmbiguous = routes.filter(({ path }) => path === next.path).length > 1;
    onChoose(next.path, isAmbiguous ? methodsOf(next)[0] : undefined);
  };
  return (
    <>
      <Field
        label={t('route')}
        hint={t(route.sandbox ? 'leadsToSandbox' : 'leadsTo', { upstream: route.upstream })}
        error={errors.route}
      >
        <Select
          value={routeKey(route)}
          onChange={chooseRoute}
          options={routes.map((one) => ({
            value: routeKey(one),
            label: `${one.methods.includes('*') ? '' : `${one.methods.join(', ')} `}${one.path}`,
          }))}
        />
      </Field>
      {methods.length > 1 && (
        <Field label={t('method')} error={errors.method}>
          <Select
            value={method}
            onChange={(next) => onChoose(route.path, next)}
            options={methods.map((one) => ({ value: one, label: one }))}
          />
        </Field>
      )}
      {isWildcard(route) && (
        <Field label={t('rest', { path: route.path })} error={errors.path}>
          <TextInput
            value={form.rest}
            onChange={(rest) => onChange({ rest })}
            maxLength={2_048}
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            className="font-mono"
          />
        </Field>
      )}
      {params.map((param) => (
        <ParamField
          key={param.name}
          param={param}
          value={form.params[param.name] ?? ''}
          onChange={(value) => onChange({ params: { ...form.params, [param.name]: value } })}
          error={errors[`params.${param.name}`]}
        />
      ))}
    </>
  );
}

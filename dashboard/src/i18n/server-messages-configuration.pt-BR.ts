// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of a configuration file are written so
import type { MessagePair } from './server-messages.ts';

/** What is wrong with a configuration file when it is read again. Its common forms are in `FORMS`. */
export const CONFIGURATION: readonly MessagePair[] = [
  // The file.
  ['there is no such file', 'esse arquivo não existe'],
  ['`comporta init` writes one to start from', '`comporta init` escreve um para começar'],
  ['is a folder', 'é uma pasta'],
  ['is empty', 'está vazio'],
  ['cannot be read ({code})', 'não pode ser lido ({code})'],
  ['the file cannot be read', 'o arquivo não pode ser lido'],
  ['is {#bytes} bytes long', 'tem {#bytes} bytes'],
  ['at most 1mb is read', 'só até 1mb é lido'],
  ['is not KEY=value', 'não é CHAVE=valor'],
  ['the line is ignored', 'a linha é ignorada'],
  ['and {#rest} more problems', 'e mais {#rest} problemas'],

  // The file that a variable's value lies in.
  ['both `{*name}` and `{*file}` are set', '`{*name}` e `{*file}` estão definidas ao mesmo tempo'],
  ['in the file: {@what}', 'no arquivo: {@what}'],
  ['is not a file', 'não é um arquivo'],
  ['is too long', 'é longo demais'],
  ['at most 64kb is read', 'só até 64kb é lido'],
  ['is not UTF-8 text', 'não é texto UTF-8'],

  // YAML.
  [
    'inside [ ] and { }, text with a variable needs quotes',
    'dentro de [ ] e { }, texto com variável precisa de aspas',
  ],
  ['a value that ends in a colon needs quotes', 'um valor que termina em dois-pontos precisa de aspas'],
  ['indent with spaces', 'use espaços para recuar'],
  ['there is no anchor `&{*name}` before this alias', 'não há âncora `&{*name}` antes deste alias'],
  ['is not a name that can be used', 'não é um nome que se possa usar'],
  ['the key `{*name}` is on line {#line} already', 'a chave `{*name}` já está na linha {#line}'],
  ['choose another', 'escolha outro'],
  ['keep one of them', 'mantenha só uma'],

  // Variables.
  ['the variable `{*name}` is not set', 'a variável `{*name}` não está definida'],
  ['set it, or write `${{*name}:-default}`', 'defina-a, ou escreva `${{*name}:-default}`'],
  ['`${` is not closed by `}`', '`${` não é fechado por `}`'],
  ['expected `${NAME}` or `${NAME:-default}`', 'o esperado é `${NAME}` ou `${NAME:-default}`'],
  ['a literal `${` is written `$${`', 'um `${` literal se escreve `$${`'],
  ['defaults are nested more than {#levels} deep', 'valores padrão aninhados em mais de {#levels} níveis'],

  // Names.
  ['unknown key `{*name}`', 'chave desconhecida `{*name}`'],
  ['unknown upstream `{*name}`', 'upstream desconhecido `{*name}`'],
  ['add it to upstreams', 'acrescente-o a upstreams'],
  ['there is no upstream {name}', 'o upstream {name} não existe'],
  ['a-z, 0-9, _ and -, at most 64', 'a-z, 0-9, _ e -, no máximo 64'],
  ['a client’s name', 'o nome de um cliente'],

  // Kinds of value.
  ['a mapping with the keys {names}', 'um mapeamento com as chaves {names}'],
  ['a mapping from names to settings', 'um mapeamento de nomes para configurações'],
  ['a list, such as [a, b]', 'uma lista, como [a, b]'],
  ['expected at least {#least} item', 'o esperado é pelo menos {#least} item'],
  ['expected at least {#least} items', 'o esperado são pelo menos {#least} itens'],
  ['too many entries: at most {#most} are allowed', 'entradas demais: são permitidas no máximo {#most}'],
  [
    'expected a duration, got `{*text}` without a unit; write {one}s or {other}ms',
    'o esperado é uma duração, e veio `{*text}` sem unidade; escreva {one}s ou {other}ms',
  ],
  [
    'expected a size, got `{*text}` without a unit; write {one}b or {other}kb',
    'o esperado é um tamanho, e veio `{*text}` sem unidade; escreva {one}b ou {other}kb',
  ],
  [
    'an address such as 127.0.0.1:8000, [::1]:8000 or :8000',
    'um endereço como 127.0.0.1:8000, [::1]:8000 ou :8000',
  ],
  ['an http:// or https:// URL, or sandbox:', 'uma URL http:// ou https://, ou sandbox:'],
  ['a header name such as client-id', 'um nome de cabeçalho como client-id'],
  ['header:<name>, query:<name> or ip', 'header:<nome>, query:<nome> ou ip'],
  ['path, query:<name> or header:<name>', 'path, query:<nome> ou header:<nome>'],
  ['cpf or a regular expression', 'cpf ou uma expressão regular'],
  ['is not a regular expression: {*reason}', 'não é uma expressão regular: {*reason}'],
  [
    'a failure class: a status such as 429, or 4xx, 5xx, timeout, connection',
    'uma classe de falha: um status como 429, ou 4xx, 5xx, timeout, connection',
  ],
  [
    'memory:, redis://[user:password@]host[:port][/database], rediss://… (TLS), redis-sentinel://host[:port],…/group or redis-cluster://host[:port],…',
    'memory:, redis://[usuário:senha@]host[:porta][/banco], rediss://… (TLS), redis-sentinel://host[:porta],…/grupo ou redis-cluster://host[:porta],…',
  ],
  ['a-z, 0-9, _ and -, at most 32', 'a-z, 0-9, _ e -, no máximo 32'],
  ['sqlite://<path> or postgres://<host>/<database>', 'sqlite://<caminho> ou postgres://<host>/<banco>'],
  ['memory:', 'memory:'],
  [
    'takes no `?` or `#`; write such characters of a password as %3F, %23',
    'não aceita `?` nem `#`; escreva tais caracteres de uma senha como %3F, %23',
  ],
  [
    'user and password must be written with %3A for `:`, %40 for `@` and %2F for `/`',
    'usuário e senha precisam ser escritos com %3A no lugar de `:`, %40 no de `@` e %2F no de `/`',
  ],
  [
    'user or password holds a `%` that stands for nothing; write it as %25',
    'o usuário ou a senha contém um `%` que não representa nada; escreva-o como %25',
  ],
  [
    'names several hosts; write redis-sentinel://host,host/group or redis-cluster://host,host',
    'cita vários hosts; escreva redis-sentinel://host,host/group ou redis-cluster://host,host',
  ],
  ['must name a host, or host:port', 'precisa citar um host, ou host:porta'],
  ['takes no path: a cluster has one database', 'não aceita caminho: um cluster tem um só banco'],
  [
    'must name the group that Sentinel watches: redis-sentinel://host,host/mymaster',
    'precisa citar o grupo que o Sentinel vigia: redis-sentinel://host,host/mymaster',
  ],
  ['must end in the number of a database, such as /0', 'precisa terminar com o número de um banco, como /0'],
  [
    'is a file, which only processes of this machine can share: for a fleet of several machines set DATABASE_URL=postgres://…, or each has rules, audit log and usage of its own',
    'é um arquivo, que só processos desta máquina podem compartilhar: para uma frota de várias máquinas defina DATABASE_URL=postgres://…, ou cada uma terá regras, auditoria e uso próprios',
  ],

  // Paths and URLs.
  ['a path such as /proxy/score or /ml/*', 'um caminho como /proxy/score ou /ml/*'],
  [
    'a path such as /api/score, or /api/* where the path ends in /*',
    'um caminho como /api/score, ou /api/* onde o caminho termina em /*',
  ],
  [
    'a path such as / or /comporta, of letters, digits and - . _ ~',
    'um caminho como / ou /comporta, de letras, dígitos e - . _ ~',
  ],
  ['must begin with /; write /{path}', 'precisa começar com /; escreva /{path}'],
  ['`*` must follow a `/`, as in /ml/*', '`*` precisa vir depois de uma `/`, como em /ml/*'],
  [
    'ends in `*`, but the route’s path has no `*`; end both in /*, or neither',
    'termina em `*`, mas o caminho da rota não tem `*`; termine os dois em /*, ou nenhum',
  ],
  [
    '{path} is answered by Comporta itself; choose another path',
    '{path} é respondido pelo próprio Comporta; escolha outro caminho',
  ],
  [
    'must not carry a user name or password; send credentials in a header',
    'não pode levar usuário nem senha; envie as credenciais em um cabeçalho',
  ],
  [
    'must not have a query or fragment; a route’s `rewrite` and the client’s query are added to it',
    'não pode ter query nem fragmento; o `rewrite` da rota e a query do cliente são acrescentados',
  ],

  // What one place says of another.
  ['`{*name}` is already the {control} of this route', '`{*name}` já é o `{control}` desta rota'],
  [
    '{route} is on line {#line} and already on line {#other}; keep one of them',
    '{route} está na linha {#line} e já estava na linha {#other}; mantenha só uma delas',
  ],
  [
    'the rule on line {#line} is called `{*id}` already; choose another id',
    'a regra da linha {#line} já se chama `{*id}`; escolha outro id',
  ],
  [
    'is larger than `cache.max_size`; an answer of it never fits',
    'é maior que `cache.max_size`; uma resposta desse tamanho nunca cabe',
  ],
  [
    'is the same address as `{*other}`; choose another port',
    'é o mesmo endereço que `{*other}`; escolha outra porta',
  ],
  [
    'is the same as `admin.token`; nobody could tell which is meant',
    'é igual a `admin.token`; ninguém saberia qual dos dois é',
  ],
];

/** What the YAML parser says of mistakes that are often made. */
export const YAML: readonly MessagePair[] = [
  [
    'Flow sequence in block collection must be sufficiently indented and end with a ]',
    'falta o ] que fecha uma lista, ou ela não está recuada o bastante',
  ],
  [
    'Flow map in block collection must be sufficiently indented and end with a }',
    'falta o } que fecha um mapeamento, ou ele não está recuado o bastante',
  ],
  ['Nested mappings are not allowed in compact mappings', 'um mapeamento não pode começar na linha de outro'],
  ['Implicit keys need to be on a single line', 'uma chave precisa estar em uma só linha'],
  ['Implicit map keys need to be followed by map values', 'depois de uma chave precisa vir o valor dela'],
  [
    'All mapping items must start at the same column',
    'os itens de um mapeamento precisam começar na mesma coluna',
  ],
  [
    'All sequence items must start at the same column',
    'os itens de uma lista precisam começar na mesma coluna',
  ],
  ['Sequence item without - indicator', 'um item de uma lista está sem o -'],
  ['Tabs are not allowed as indentation', 'tabulações não são permitidas como recuo'],
  ['Missing closing "quote', 'falta fechar as aspas duplas'],
  ["Missing closing 'quote", 'falta fechar as aspas simples'],
  ['Invalid escape sequence {*text}', 'escape inválido: {*text}'],
  [
    'Plain value cannot start with reserved character {*text}',
    'um valor sem aspas não pode começar com {*text}',
  ],
  [
    'Plain value cannot start with directive indicator character {*text}',
    'um valor sem aspas não pode começar com {*text}',
  ],
  ['Unresolved tag: {*tag}', 'tag desconhecida: {*tag}'],
  ['Unexpected scalar at node end', 'há texto onde o valor já terminou'],
  ['Unexpected {kind} token in YAML stream: {*token}', 'há algo fora de lugar no YAML ({kind}): {*token}'],
];

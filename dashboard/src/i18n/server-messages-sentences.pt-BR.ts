import type { MessagePair } from './server-messages.ts';

/** What the admin API itself says: `detail` of its problems, and what is wrong with fields of a request. */
export const SENTENCES: readonly MessagePair[] = [
  // Who is let in.
  ['A viewer may only look.', 'Um observador só pode olhar.'],
  ['The request has no token.', 'A requisição não traz token.'],
  ['The token is not valid.', 'O token não é válido.'],
  ['This address sent too many wrong tokens.', 'Este endereço enviou tokens errados demais.'],
  [
    'The Host header must be localhost:{#port} or 127.0.0.1:{#same}, because no token is configured.',
    'O cabeçalho Host precisa ser localhost:{#port} ou 127.0.0.1:{#same}, porque não há token configurado.',
  ],
  [
    'The request was sent by a page of another site.',
    'A requisição foi enviada por uma página de outro site.',
  ],
  [
    'The Origin header must be the address of this server.',
    'O cabeçalho Origin precisa ser o endereço deste servidor.',
  ],

  // What there is not, and what cannot be.
  ['The process ends: it takes no more calls.', 'O processo está terminando: não aceita mais chamadas.'],
  ['is not sent with {method}', 'não é enviado com {method}'],
  ['There is no such path.', 'Esse caminho não existe.'],
  ['There is no upstream {*name}.', 'O upstream {*name} não existe.'],
  ['There is no rule {*id}.', 'A regra {*id} não existe.'],
  ['There is no denied client {*client}.', 'O cliente {*client} não está bloqueado.'],
  ['There is no waiting request {*id}.', 'A requisição {*id} não está na fila.'],
  ['This resource takes {methods}, not {method}.', 'Este recurso aceita {methods}, não {method}.'],
  ['This upstream has no circuit breaker.', 'Este upstream não tem disjuntor.'],
  [
    'This upstream was started without limits, and its connections cannot keep a strict spacing. Put `limits` or `concurrency` into the configuration and restart.',
    'Este upstream foi iniciado sem limites, e suas conexões não conseguem manter um espaçamento estrito. Ponha `limits` ou `concurrency` na configuração e reinicie.',
  ],

  ['The process ends.', 'O processo está encerrando.'],
  ['{#count} listeners are there already.', 'Já há {#count} painéis acompanhando este gateway.'],

  // The database, and defects.
  ['The database cannot be reached.', 'Não foi possível falar com o banco de dados.'],
  [
    '{#count} changes wait to be written to the audit log; no more can be made until they are.',
    '{#count} mudanças esperam para ser gravadas na auditoria; nenhuma outra pode ser feita até que sejam.',
  ],
  [
    'The change is stored, and will be in force when the database answers again.',
    'A mudança está gravada e entra em vigor quando o banco de dados voltar a responder.',
  ],
  ['the database has not been opened yet', 'o banco de dados ainda não foi aberto'],
  ['the ledger failed: {*reason}', 'o banco de dados falhou: {*reason}'],
  ["the ledger's database failed: {*reason}", 'o banco de dados falhou: {*reason}'],
  // Redis.
  ['the connection to Redis broke; it is tried again', 'a conexão com o Redis caiu; tenta-se de novo'],
  [
    'Redis {version} is too old: 7.0 or newer is needed',
    'o Redis {version} é antigo demais: é preciso 7.0 ou mais novo',
  ],
  [
    'this Redis is a read-only replica: give the address of the primary, or of Sentinel',
    'este Redis é uma réplica somente leitura: dê o endereço do primário, ou do Sentinel',
  ],
  [
    'Redis evicts keys as it likes (maxmemory-policy {policy}): set noeviction, or a volatile- policy, or what was sent is forgotten',
    'o Redis descarta chaves à vontade (maxmemory-policy {policy}): defina noeviction, ou uma política volatile-, ou o que foi enviado é esquecido',
  ],
  [
    'Redis has reached maxmemory: give it more, or delete what is not needed',
    'o Redis chegou a maxmemory: dê mais memória, ou apague o que não é preciso',
  ],
  [
    'Redis cannot save its data and takes no more (MISCONF): its log says why; make room on its disk, or set stop-writes-on-bgsave-error no',
    'o Redis não consegue salvar os seus dados e não aceita mais (MISCONF): o log dele diz por quê; libere espaço em disco, ou defina stop-writes-on-bgsave-error no',
  ],
  [
    'Redis has fewer replicas than min-replicas-to-write asks for: bring them back, or ask for fewer',
    'o Redis tem menos réplicas do que min-replicas-to-write pede: traga-as de volta, ou peça menos',
  ],
  [
    'a part of the Redis Cluster is served by nobody: redis-cli cluster info says which; it is tried again',
    'uma parte do Redis Cluster não é atendida por ninguém: redis-cli cluster info diz qual; tenta-se de novo',
  ],
  [
    'this Redis is a part of a Redis Cluster: write redis-cluster:// in REDIS_URL',
    'este Redis faz parte de um Redis Cluster: escreva redis-cluster:// em REDIS_URL',
  ],
  [
    'this Redis is no Redis Cluster: write redis:// or rediss:// in REDIS_URL',
    'este Redis não é um Redis Cluster: escreva redis:// ou rediss:// em REDIS_URL',
  ],
  [
    'the certificate of Redis is not trusted ({code}): name the file of its CA in NODE_EXTRA_CA_CERTS, and in REDIS_URL the host that it is for',
    'o certificado do Redis não é confiável ({code}): indique o arquivo da CA dele em NODE_EXTRA_CA_CERTS, e em REDIS_URL o host a que ele pertence',
  ],
  [
    'Redis cannot be reached over TLS ({code}): if this port speaks none, write redis:// in REDIS_URL; it is tried again',
    'não se alcança o Redis por TLS ({code}): se esta porta não o fala, escreva redis:// em REDIS_URL; tenta-se de novo',
  ],
  [
    'Redis breaks the connection off ({code}): a port for TLS needs rediss:// in REDIS_URL; it is tried again',
    'o Redis interrompe a conexão ({code}): uma porta TLS precisa de rediss:// em REDIS_URL; tenta-se de novo',
  ],
  ['Redis does not answer; it is tried again', 'o Redis não responde; tenta-se de novo'],
  [
    'Redis is busy with a script of somebody else; it is tried again',
    'o Redis está ocupado com um script de outro; tenta-se de novo',
  ],
  ['Redis refuses the user or password of REDIS_URL', 'o Redis recusa o usuário ou a senha de REDIS_URL'],
  [
    'the Redis user may not do what Comporta needs; give it {rights} ({*reason})',
    'o usuário do Redis não pode fazer o que o Comporta precisa; dê-lhe {rights} ({*reason})',
  ],
  ['Redis is loading its data', 'o Redis está carregando os seus dados'],
  ['the host of REDIS_URL is not known', 'o host de REDIS_URL não é conhecido'],
  [
    'Redis cannot be reached ({reason}); it is tried again',
    'não se alcança o Redis ({reason}); tenta-se de novo',
  ],
  ['The gateway failed unexpectedly.', 'O gateway falhou de forma inesperada.'],

  // Bodies.
  ['The request is not valid.', 'A requisição não é válida.'],
  [
    'The body must be {types}, in UTF-8 and without content encoding.',
    'O corpo precisa ser {types}, em UTF-8 e sem codificação de conteúdo.',
  ],
  ['The body must be at most {#most} MB.', 'O corpo pode ter no máximo {#most} MB.'],
  [
    'YAML must be at most 1 MB; send more as JSON.',
    'YAML pode ter no máximo 1 MB; envie o que for maior como JSON.',
  ],
  ['the body is not valid UTF-8', 'o corpo não é UTF-8 válido'],
  ['the body is not valid JSON', 'o corpo não é JSON válido'],
  ['not valid JSON: {@fault}', 'não é JSON válido: {@fault}'],
  ['nested deeper than {#levels} levels', 'aninhado em mais de {#levels} níveis'],
  ['a value', 'um valor'],
  ['a name in double quotes', 'um nome entre aspas duplas'],
  ['`,` or `}`', '`,` ou `}`'],
  ['`,` or `]`', '`,` ou `]`'],
  ['the closing `"`', 'o `"` que fecha o texto'],
  [
    'no control character in text; write \\n for a line',
    'um texto sem caracteres de controle; escreva \\n para uma nova linha',
  ],
  ['a valid escape', 'um escape válido'],

  // Fields.
  ['takes no query parameters', 'esta operação não aceita parâmetros de query'],
  ['must not contain control characters', 'não pode conter caracteres de controle'],
  ['must be a whole number', 'precisa ser um número inteiro'],
  ['must be at least {limit}', 'precisa ser no mínimo {limit}'],
  ['must be at most {limit}', 'pode ser no máximo {limit}'],
  ['must be at most {#most} characters long', 'pode ter no máximo {#most} caracteres'],
  ['the window must be at least {limit}', 'a janela precisa ser de no mínimo {limit}'],
  ['the window must be at most {limit}', 'a janela pode ser de no máximo {limit}'],
  ['the count must be at most {#most}', 'a quantidade pode ser no máximo {#most}'],
  ['too many items: at most {#most} are allowed', 'itens demais: são permitidos no máximo {#most}'],
  ['must be before `to`', 'precisa ser antes de `to`'],
  [
    'a number is taken as ms since 1970, and this one is not a time of our days',
    'um número é lido como ms desde 1970, e este não é um momento dos nossos dias',
  ],
  ['`reset` takes no time; remove it', '`reset` não leva duração; remova-a'],
  ['no cached route has this path', 'nenhuma rota com cache tem este caminho'],
  ['no route has a cache', 'nenhuma rota tem cache'],
  [
    '{names} are not kept together; groups and filters must all be from one of: {known}',
    '{names} não são guardados juntos; grupos e filtros precisam vir todos de um destes conjuntos: {known}',
  ],
  ['status {name} must be none or 1xx to 5xx', 'o status {name} precisa ser none, ou de 1xx a 5xx'],

  // Rules.
  ['There is a rule with the id {id} already.', 'Já existe uma regra com o id {id}.'],
  [
    'The rule {id} has changed; its version is {#version} now.',
    'A regra {id} mudou; a versão dela agora é {#version}.',
  ],
  [
    'The rule {id} stands in the configuration file; change it there.',
    'A regra {id} está no arquivo de configuração; mude-a lá.',
  ],
  ['Send the `ETag` of the rule as `If-Match`.', 'Envie o `ETag` da regra como `If-Match`.'],
  ['must be {id}, as in the path, or left out', 'precisa ser {id}, como no caminho, ou ficar de fora'],
  ['`{*id}` is a word of the API; choose another id', '`{*id}` é uma palavra da API; escolha outro id'],
  ['rule {#index} has this id already', 'a regra {#index} já tem este id'],
  ['a rule of the configuration file has this id', 'uma regra do arquivo de configuração tem este id'],
  [
    'is required with `action: throttle`: expected {@form}',
    'é obrigatório com `action: throttle`: o esperado é {@form}',
  ],
  [
    '`action: allow` never refuses, so it takes no limit; remove it, or use `action: throttle`',
    '`action: allow` nunca recusa, por isso não leva limite; remova-o, ou use `action: throttle`',
  ],
  [
    'needs a limit that a client can exceed; add `limit`, or remove it',
    'precisa de um limite que um cliente possa ultrapassar; acrescente `limit`, ou remova este campo',
  ],
  [
    '`*` may only stand at the end, after a `/`, as in /items/*',
    '`*` só pode ficar no fim, depois de uma `/`, como em /items/*',
  ],
  [
    'there are {#count} rules; at most {#most} can be in force',
    'há {#count} regras; no máximo {#most} podem estar em vigor',
  ],
  ['there are two rules with the id {id}', 'há duas regras com o id {id}'],

  // Calls of the playground and of bursts.
  [
    'There is no burst {*id}; the last ten are kept.',
    'O teste de carga {*id} não existe; os dez últimos são guardados.',
  ],
  [
    'Burst {id} is running. Wait for its end, or abort it: two would measure each other.',
    'O teste de carga {id} está em andamento. Espere o fim dele, ou aborte-o: dois mediriam um ao outro.',
  ],
  [
    'type the upstream’s name, `{*name}`: this burst sends real calls to somebody else’s API',
    'digite o nome do upstream, `{*name}`: este teste envia chamadas reais à API de terceiros',
  ],
  [
    '{#count} requests of the playground are under way; wait for one to end.',
    '{#count} requisições do playground estão em andamento; espere uma terminar.',
  ],
  ['is not a configured route', 'não é uma rota configurada'],
  ['the route takes {methods}, not {method}', 'a rota aceita {methods}, não {method}'],
  ['is required by the route', 'é exigido pela rota'],
  ['is not a parameter of the route', 'não é um parâmetro da rota'],
  ['the route has no `*` that it could stand for', 'a rota não tem um `*` que isto pudesse substituir'],
  ['leads to no route, not to this route', 'não leva a rota nenhuma, e não a esta'],
  ['leads to {*path}, not to this route', 'leva a {*path}, e não a esta rota'],
  [
    'must be a path without query; put parameters into `params`',
    'precisa ser um caminho sem query; ponha os parâmetros em `params`',
  ],
  [
    'must consist of characters that a header can carry',
    'só pode ter caracteres que um cabeçalho consegue levar',
  ],
  ['cannot be set here', 'não pode ser definido aqui'],
  ['"{*part}" is not of the form 10%:0', '"{*part}" não tem a forma 10%:0'],
  [
    'the share in "{*part}" must be above 0% and at most 100%',
    'a parcela em "{*part}" precisa ser maior que 0% e no máximo 100%',
  ],
  ['the priority in "{*part}" must be 0 to 7', 'a prioridade em "{*part}" precisa ser de 0 a 7'],
  ['priority {#urgency} is named twice', 'a prioridade {#urgency} aparece duas vezes'],
  ['the shares add up to {#sum}%, more than 100%', 'as parcelas somam {#sum}%, mais que 100%'],

  // Why a rule wins or loses.
  [
    'the most specific shadow rule; it counts and never refuses',
    'a regra sombra mais específica; ela conta e nunca recusa',
  ],
  ['the most specific rule that matches', 'a regra mais específica que se aplica'],
  [
    'client {*client} is less specific than {*other} of rule {id}',
    'o cliente {*client} é menos específico que {*other}, da regra {id}',
  ],
  [
    'path {*path} is less specific than {*other} of rule {id}',
    'o caminho {*path} é menos específico que {*other}, da regra {id}',
  ],
  [
    'it takes any method, and rule {id} names {methods}',
    'ela vale para qualquer método, e a regra {id} cita {methods}',
  ],
  ['{action} goes before {other}: rule {id}', '{action} vem antes de {other}: regra {id}'],
  [
    'the path can be read in several ways, and rule {id} lets less through in another',
    'o caminho pode ser lido de várias formas, e em outra delas a regra {id} deixa passar menos',
  ],
  [
    'it is as specific as rule {id}, whose id comes first',
    'ela é tão específica quanto a regra {id}, cujo id vem antes',
  ],

  // Pauses and what the page itself says of the network.
  [
    'the upstream answered {#status} and asked for a pause',
    'o upstream respondeu {#status} e pediu uma pausa',
  ],
  ['no answer within {#seconds} s', 'nenhuma resposta em {#seconds} s'],
  ['Failed to fetch', 'não foi possível conectar'],
  ['NetworkError when attempting to fetch resource.', 'não foi possível conectar'],
  ['Load failed', 'não foi possível conectar'],
];

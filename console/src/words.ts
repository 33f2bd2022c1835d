// What the pages say, in each language they speak; `{name}` is filled in. Words of the API are translated where they are states. Pure.

export type Language = 'en' | 'pt'
export const languages: readonly { code: Language; name: string }[] = [
  { code: 'en', name: 'English' },
  { code: 'pt', name: 'Português' },
]

const en = {
  tagline: 'The event log for WhatsApp',
  language: 'Language',
  reference: 'API reference',
  description: 'openapi.json',
  health: 'Health',
  metrics: 'Metrics',
  skip: 'Skip to content',
  home: 'Home',

  keyHeading: 'Key',
  keyLabel: 'Administrator’s key',
  keyWhere: 'It is in the file admin-key of the DATA_DIR (./data) that this zaplog runs with, or what ADMIN_API_KEY was set to.',
  keyKept: 'This tab keeps it until it is closed; it is in no address.',
  keySend: 'Open',
  keyForget: 'Forget the key',
  keyAsking: 'Asking…',
  keyWrong: 'That is not a key of this zaplog.',
  keyExpired: 'The key is not taken any more. Type the one that is valid now; what you see stays.',
  keyLimited: 'Too many wrong keys came from here. Try again in {seconds} s.',
  keyAway: 'zaplog does not answer. Try again.',

  away: 'zaplog does not answer. This page goes on asking.',
  unwell: 'zaplog answers that it cannot work right now: {detail}',
  newBuild: 'zaplog was updated to {version}. This page is an older one.',
  reload: 'Reload',
  referenceStuck: 'What draws the reference could not be loaded. After an update of zaplog this page has to be loaded again.',

  nextHeading: 'From here',
  nextPair: 'Pair a phone: create an instance here and scan its code, or',
  nextWebhooks: 'Receive its messages as webhooks:',
  nextKey: 'Where DATA_DIR is not ./data, or the key is ADMIN_API_KEY, set the same for these commands.',
  nextTopics: 'Read the log itself, consumers in Python and Java: docs/topics.md',
  nextOperate: 'Back up, upgrade, keys, deletion: “Operate” in README.md',

  instances: 'Instances',
  filter: 'Filter by name, id, phone or state',
  rows: '{from}–{to} of {total}',
  noRows: 'None fits.',
  noInstances: 'There is none yet. Create one, and pair a phone with it.',
  listing: 'Asking for the instances…',
  tooMany: 'Only the newest {total} are listed.',
  previous: 'Previous',
  next: 'Next',
  choose: 'Choose an instance to see its code and its messages.',
  gone: 'This instance is not there any more.',

  createHeading: 'New instance',
  createName: 'Name',
  createHistory: 'Take the messages from before it is linked, too',
  create: 'Create',
  created: '{name} is created.',
  refused: 'Refused: {detail}',

  since: 'since {time}',
  phone: 'Phone',
  id: 'Id',

  qrHeading: 'Pair a phone',
  qrHow: 'On the phone: WhatsApp, Linked devices, Link a device. Then scan this code.',
  qrLabel: 'QR code to link a phone with {name}',
  qrWaiting: 'Waiting for a code…',
  qrShowing: 'A code is shown. It is replaced by itself while you scan.',
  qrStale: 'This code may be over: zaplog does not say that it still counts.',
  qrPaired: 'A phone is paired.',
  qrParked: 'No code comes by itself any more.',
  qrRestart: 'Ask for a new code',
  qrRestarting: 'A new code was asked for…',

  messages: 'Last messages',
  noMessages: 'No message yet. What comes is shown here.',
  messagesAsking: 'Asking for the messages…',
  newMessages: 'New messages: {count}',
  me: 'this account',
  revoked: 'deleted by its sender',
  edited: 'edited',
  undecryptable: 'could not be decrypted',
  inGroup: 'in a group',
  showAll: 'Show all {count} characters',
  showLess: 'Show less',
}

export type Word = keyof typeof en
export const wordList = Object.keys(en) as readonly Word[]

const pt: Readonly<Record<Word, string>> = {
  tagline: 'O log de eventos do WhatsApp',
  language: 'Idioma',
  reference: 'Referência da API',
  description: 'openapi.json',
  health: 'Saúde',
  metrics: 'Métricas',
  skip: 'Ir para o conteúdo',
  home: 'Início',

  keyHeading: 'Chave',
  keyLabel: 'Chave do administrador',
  keyWhere: 'Ela está no arquivo admin-key do DATA_DIR (./data) com que este zaplog roda, ou é o valor de ADMIN_API_KEY.',
  keyKept: 'Esta aba a guarda até ser fechada; ela não aparece em nenhum endereço.',
  keySend: 'Abrir',
  keyForget: 'Esquecer a chave',
  keyAsking: 'Perguntando…',
  keyWrong: 'Essa não é uma chave deste zaplog.',
  keyExpired: 'A chave não é mais aceita. Digite a que vale agora; o que você vê permanece.',
  keyLimited: 'Vieram chaves erradas demais daqui. Tente de novo em {seconds} s.',
  keyAway: 'O zaplog não responde. Tente de novo.',

  away: 'O zaplog não responde. Esta página continua perguntando.',
  unwell: 'O zaplog responde que não pode trabalhar agora: {detail}',
  newBuild: 'O zaplog foi atualizado para {version}. Esta página é anterior.',
  reload: 'Recarregar',
  referenceStuck:
    'O que desenha a referência não pôde ser carregado. Depois de uma atualização do zaplog é preciso recarregar esta página.',

  nextHeading: 'Daqui em diante',
  nextPair: 'Parear um telefone: crie uma instância aqui e leia o código dela, ou',
  nextWebhooks: 'Receber as mensagens como webhooks:',
  nextKey: 'Se DATA_DIR não for ./data, ou se a chave for ADMIN_API_KEY, use a mesma configuração nestes comandos.',
  nextTopics: 'Ler o próprio log, com consumidores em Python e Java: docs/topics.md',
  nextOperate: 'Backup, atualização, chaves, exclusão: “Operate” em README.md',

  instances: 'Instâncias',
  filter: 'Filtrar por nome, id, telefone ou estado',
  rows: '{from}–{to} de {total}',
  noRows: 'Nenhuma corresponde.',
  noInstances: 'Ainda não há nenhuma. Crie uma e pareie um telefone com ela.',
  listing: 'Buscando as instâncias…',
  tooMany: 'Só as {total} mais novas estão na lista.',
  previous: 'Anterior',
  next: 'Próxima',
  choose: 'Escolha uma instância para ver o código e as mensagens dela.',
  gone: 'Esta instância não existe mais.',

  createHeading: 'Nova instância',
  createName: 'Nome',
  createHistory: 'Trazer também as mensagens de antes do pareamento',
  create: 'Criar',
  created: '{name} foi criada.',
  refused: 'Recusado: {detail}',

  since: 'desde {time}',
  phone: 'Telefone',
  id: 'Id',

  qrHeading: 'Parear um telefone',
  qrHow: 'No telefone: WhatsApp, Dispositivos conectados, Conectar dispositivo. Depois leia este código.',
  qrLabel: 'Código QR para conectar um telefone a {name}',
  qrWaiting: 'Esperando um código…',
  qrShowing: 'Há um código na tela. Ele é trocado sozinho enquanto você lê.',
  qrStale: 'Este código pode ter vencido: o zaplog não diz que ele ainda vale.',
  qrPaired: 'Um telefone está pareado.',
  qrParked: 'Nenhum código vem mais por si só.',
  qrRestart: 'Pedir um novo código',
  qrRestarting: 'Um novo código foi pedido…',

  messages: 'Últimas mensagens',
  noMessages: 'Nenhuma mensagem ainda. O que chegar aparece aqui.',
  messagesAsking: 'Buscando as mensagens…',
  newMessages: 'Mensagens novas: {count}',
  me: 'esta conta',
  revoked: 'apagada por quem enviou',
  edited: 'editada',
  undecryptable: 'não pôde ser decifrada',
  inGroup: 'em um grupo',
  showAll: 'Mostrar todos os {count} caracteres',
  showLess: 'Mostrar menos',
}

const texts: Readonly<Record<Language, Readonly<Record<Word, string>>>> = { en, pt }

export function textOf(language: Language, word: Word, values: Readonly<Record<string, string | number>> = {}): string {
  return texts[language][word].replaceAll(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''))
}

const states: Readonly<Record<Language, Readonly<Record<string, string>>>> = {
  en: {
    created: 'created',
    connecting: 'connecting',
    qr: 'waits for a phone',
    open: 'connected',
    reconnecting: 'reconnecting',
    closed: 'closed',
    'logged-out': 'logged out',
  },
  pt: {
    created: 'criada',
    connecting: 'conectando',
    qr: 'espera um telefone',
    open: 'conectada',
    reconnecting: 'reconectando',
    closed: 'fechada',
    'logged-out': 'desconectada do telefone',
  },
}

/** A state of a later version is shown as it is called. */
export const stateText = (language: Language, state: string): string => states[language][state] ?? state

/** The first of a person's languages that is one of ours; English where none is. `wanted`: BCP 47 tags. */
export const languageOf = (wanted: readonly string[]): Language =>
  languages.find(({ code }) => code === wanted.map(tag => tag.slice(0, 2).toLowerCase()).find(isOurs))?.code ?? 'en'

const isOurs = (code: string): boolean => languages.some(one => one.code === code)

// The whole configuration, declared once: parsed whole before anything opens, every mistake reported together.
// .env.example and README's table are generated from it, in the order in which it is declared here.
import { declareKeys, declareProcess } from './config-process.ts'
import { ignoredIn, refuseUnknown, requireTogether } from './config-rules.ts'
import { declareDatabase, declareLog, declareObjects } from './config-stores.ts'
import { parseBrokers, parseCertificate, parseCount, parseSaslMechanism, parseUrl, saslMechanisms } from './config-values.ts'
import { declareMedia, declareWebhooks, declareWhatsapp } from './config-work.ts'
import { type Environment, openVariables, type Problem, type Variables } from './variables.ts'

export type { RoleName } from './config-values.ts'

export type Config = ReturnType<typeof declareVariables>

/** `ignored`: names that are set, and that this version has no use for yet. */
export type ParsedConfig = { ok: true; config: Config; ignored: readonly string[] } | { ok: false; problems: readonly Problem[] }

export function parseConfig(env: Environment): ParsedConfig {
  const variables = openVariables(env)
  const config = declareVariables(variables)
  requireTogether(variables, config)
  refuseUnknown(variables, env)
  const problems = variables.problems()
  return problems.length === 0 ? { ok: true, config, ignored: ignoredIn(env) } : { ok: false, problems }
}

export const declaredVariables = () => {
  const variables = openVariables({})
  declareVariables(variables)
  return variables.declared()
}

function declareVariables(v: Variables) {
  const process = declareProcess(v)
  const database = declareDatabase(v)
  const log = declareLog(v)
  v.group('Kafka')
  const kafka = {
    brokers: v.parsed('KAFKA_BROKERS', { shown: 'the log is in Postgres', doc: 'comma list of host:port', parse: parseBrokers }),
    ssl: v.flag('KAFKA_SSL', { default: false, doc: 'TLS' }),
    sslCa: v.parsed('KAFKA_SSL_CA', {
      doc: 'PEM of the authority that signed the brokers’ certificates',
      secret: true,
      parse: parseCertificate,
    }),
    sasl: {
      mechanism: v.parsed('KAFKA_SASL_MECHANISM', { shown: 'none', doc: saslMechanisms.join(', '), parse: parseSaslMechanism }),
      username: v.optionalText('KAFKA_SASL_USERNAME', { doc: 'with KAFKA_SASL_MECHANISM' }),
      password: v.optionalText('KAFKA_SASL_PASSWORD', { doc: 'with KAFKA_SASL_MECHANISM', secret: true }),
    },
    replication: v.whole('TOPIC_REPLICATION', { default: 1, from: 1, to: 100, doc: 'copies of each topic that zaplog creates' }),
    minInsync: v.parsed('TOPIC_MIN_INSYNC', {
      shown: '1; 2 from replication 3',
      doc: 'copies that have an append before it counts',
      parse: parseCount,
    }),
  }
  const schemaRegistry = {
    url: v.parsed('SCHEMA_REGISTRY_URL', {
      shown: 'ids are in Postgres',
      doc: 'a registry with Confluent’s API; required with KAFKA_BROKERS',
      parse: parseUrl(['http:', 'https:']),
    }),
    username: v.optionalText('SCHEMA_REGISTRY_USERNAME', { doc: 'where it asks for one' }),
    password: v.optionalText('SCHEMA_REGISTRY_PASSWORD', { doc: 'of that user', secret: true }),
    autoRegister: v.flag('SCHEMA_AUTO_REGISTER', { default: true, doc: 'false: every schema has to be there already' }),
  }
  const objects = declareObjects(v)
  const keys = declareKeys(v)
  const whatsapp = declareWhatsapp(v)
  const media = declareMedia(v)
  const webhooks = declareWebhooks(v)
  return { ...process, database, log, kafka, schemaRegistry, objects, keys, whatsapp, media, webhooks }
}

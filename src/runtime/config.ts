// The whole configuration, declared once: parsed whole before anything opens, every mistake reported together.
// .env.example and README's table are generated from it, in the order in which it is declared here.
import { declareKafka, declareSchemaRegistry } from './config-kafka.ts'
import { warnOfDates } from './config-kafka-rules.ts'
import { declareKeys, declareProcess } from './config-process.ts'
import { ignoredIn, refuseUnknown, requireTogether } from './config-rules.ts'
import { declareDatabase, declareLog, declareObjects } from './config-stores.ts'
import { declareTraces } from './config-traces.ts'
import { declareUploads } from './config-uploads.ts'
import { declareCommands, declareMedia, declareProcessing, declareWebhooks, declareWhatsapp } from './config-work.ts'
import { type Environment, openVariables, type Problem, type Variables } from './variables.ts'

export type { RoleName } from './config-values.ts'

export type Config = ReturnType<typeof declareVariables>

/** `ignored`: names that are set, and that this version has no use for yet. `warnings`: what may be wrong, and need not be. */
export type ParsedConfig =
  | { ok: true; config: Config; ignored: readonly string[]; warnings: readonly Problem[] }
  | { ok: false; problems: readonly Problem[] }

export function parseConfig(env: Environment, now = new Date()): ParsedConfig {
  const variables = openVariables(env)
  const config = declareVariables(variables)
  requireTogether(variables, config)
  warnOfDates(variables, { certificate: config.kafka.sslClient.certificate, now })
  refuseUnknown(variables, env)
  const problems = variables.problems()
  return problems.length === 0
    ? { ok: true, config, ignored: ignoredIn(env), warnings: variables.warnings() }
    : { ok: false, problems }
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
  const kafka = declareKafka(v)
  const schemaRegistry = declareSchemaRegistry(v)
  const objects = declareObjects(v)
  const keys = declareKeys(v)
  const whatsapp = declareWhatsapp(v)
  const commands = declareCommands(v)
  const uploads = declareUploads(v)
  const processing = declareProcessing(v)
  const media = declareMedia(v)
  const webhooks = declareWebhooks(v)
  const traces = declareTraces(v)
  return {
    ...process,
    database,
    log,
    kafka,
    schemaRegistry,
    objects,
    keys,
    whatsapp,
    commands,
    uploads,
    processing,
    media,
    webhooks,
    traces,
  }
}

// An external schema registry: whether the schemas of this version are there, or can be, and whether it is the one that records were written with.
import { readFile } from 'node:fs/promises'
import { DatabaseError } from '../database/database.ts'
import { openSession } from '../database/session.ts'
import { eventTypes } from '../events/event.ts'
import { schemaNameOf } from '../events/schema-name.ts'
import { openConfluentRegistry } from '../registry/confluent.ts'
import type { RegistryError } from '../registry/registry.ts'
import { type RegistryFacts, readRegistryFacts } from '../registry/registry-facts.ts'
import type { Config } from '../runtime/config.ts'
import type { Logger } from '../runtime/logger.ts'
import { broken, doubtful, type Finding, fine } from './finding.ts'
import { lookForForgotten } from './registry-ids.ts'
import { registryOptionsOf } from './registry-options.ts'

const part = 'schema-registry'

export async function examineRegistry({ config, logger }: Deps, signal: AbortSignal): Promise<readonly Finding[]> {
  const facts = await readRegistryFacts(registryOptionsOf(config, logger), await readSchemas(), signal)
  const { database, schemaRegistry } = config
  const isEmbedded = database.url === null
  return judgeRegistry(facts, {
    ...schemaRegistry,
    isEmbedded,
    forgotten: isEmbedded ? null : await findForgotten({ config, logger }, signal),
  })
}

type Deps = { config: Pick<Config, 'schemaRegistry'> & { database: Pick<Config['database'], 'url' | 'sslCa'> }; logger: Logger }

/** In words; null also where Postgres is away, which its own look says. */
async function findForgotten({ config, logger }: Deps, signal: AbortSignal): Promise<RegistryError | null> {
  try {
    const { database } = config
    const session = await openSession({ ...database, url: database.url ?? '', applicationName: 'doctor' }, signal)
    try {
      const registry = openConfluentRegistry({ ...registryOptionsOf(config, logger), autoRegister: false })
      return await lookForForgotten({ database: session, registry }, signal)
    } finally {
      await session.close()
    }
  } catch (error) {
    if (error instanceof DatabaseError) return null
    throw error
  }
}

const directory = new URL('../../schemas/', import.meta.url)
const readSchemas = () =>
  Promise.all(
    eventTypes.map(async type => ({
      subject: schemaNameOf(type),
      text: await readFile(new URL(`${type}.avsc`, directory), 'utf8'),
    })),
  )

/** `isEmbedded`: nobody looks into the database; `forgotten`: what a start is refused with. */
type Judging = { autoRegister: boolean; isEmbedded: boolean; forgotten: Pick<RegistryError, 'message'> | null }

const RESTORE = 'where the log has records, restore the registry that they were written with, before zaplog is started'

/** Pure. */
export function judgeRegistry(
  { known, missing, incompatible }: RegistryFacts,
  { autoRegister, isEmbedded, forgotten }: Judging,
): readonly Finding[] {
  if (forgotten !== null) return [broken(part, forgotten.message, RESTORE)]
  const some = (subjects: readonly string[]) => `${subjects.slice(0, 3).join(', ')}${subjects.length > 3 ? ' and others' : ''}`
  const findings: Finding[] = [
    fine(part, `answers, and has ${known.length} of our ${known.length + missing.length + incompatible.length} schemas`),
  ]
  if (incompatible.length > 0)
    findings.push(
      broken(
        part,
        `${some(incompatible)}: what is there does not fit`,
        'use a registry of its own, or the version of zaplog that registered them',
      ),
    )
  if (isEmbedded && known.length === 0)
    findings.push(doubtful(part, 'has none of our schemas: before the first start that is as it should be', RESTORE))
  if (missing.length > 0 && autoRegister) findings.push(fine(part, `the next start registers ${missing.length} schemas`))
  if (missing.length > 0 && !autoRegister)
    findings.push(
      broken(part, `${some(missing)}: not registered`, 'register them first (./schemas), or set SCHEMA_AUTO_REGISTER to true'),
    )
  return findings
}

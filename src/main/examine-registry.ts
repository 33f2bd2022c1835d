// An external schema registry: whether the schemas of this version are there, or can be.
import { readFile } from 'node:fs/promises'
import { eventTypes } from '../events/event.ts'
import { schemaNameOf } from '../events/schema-name.ts'
import { type RegistryFacts, readRegistryFacts } from '../registry/registry-facts.ts'
import type { Config } from '../runtime/config.ts'
import type { Logger } from '../runtime/logger.ts'
import { broken, type Finding, fine } from './finding.ts'
import { registryOptionsOf } from './registry-options.ts'

const part = 'schema-registry'

export async function examineRegistry(
  { config, logger }: { config: Pick<Config, 'schemaRegistry'>; logger: Logger },
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const facts = await readRegistryFacts(registryOptionsOf(config, logger), await readSchemas(), signal)
  return judgeRegistry(facts, config.schemaRegistry)
}

const directory = new URL('../../schemas/', import.meta.url)
const readSchemas = () =>
  Promise.all(
    eventTypes.map(async type => ({
      subject: schemaNameOf(type),
      text: await readFile(new URL(`${type}.avsc`, directory), 'utf8'),
    })),
  )

/** Pure. */
export function judgeRegistry(
  { known, missing, incompatible }: RegistryFacts,
  { autoRegister }: { autoRegister: boolean },
): readonly Finding[] {
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
  if (missing.length > 0 && autoRegister) findings.push(fine(part, `the next start registers ${missing.length} schemas`))
  if (missing.length > 0 && !autoRegister)
    findings.push(
      broken(part, `${some(missing)}: not registered`, 'register them first (./schemas), or set SCHEMA_AUTO_REGISTER to true'),
    )
  return findings
}

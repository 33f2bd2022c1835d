// The settings of the schema registry as its adapter takes them.
import type { RegistryOptions } from '../registry/confluent-client.ts'
import type { Config } from '../runtime/config.ts'
import type { Logger } from '../runtime/logger.ts'

export function registryOptionsOf({ schemaRegistry }: Pick<Config, 'schemaRegistry'>, logger: Logger): RegistryOptions {
  const { url, username, password } = schemaRegistry
  return {
    url: url ?? '',
    ...(username === null ? {} : { username }),
    ...(password === null ? {} : { password }),
    logger,
  }
}

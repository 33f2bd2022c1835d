// What the schema of an event type is called: its record's full name, which is its subject in the registry.

export const schemaNamespace = 'zaplog.events'

/** message.received is MessageReceived. */
export const recordName = (type: string): string =>
  type
    .split(/[.-]/)
    .map(word => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')

export const schemaNameOf = (type: string): string => `${schemaNamespace}.${recordName(type)}`

// What an operator chose for one instance; a key that is absent, or of another type, means the server's default.

export type InstanceSettings = {
  historySync: boolean
  ignoreGroups: boolean
  ignoreStatus: boolean
  ignoreNewsletters: boolean
  markOnline: boolean
}

export function readSettings(stored: unknown): InstanceSettings {
  const given = new Map(Object.entries(typeof stored === 'object' && stored !== null ? stored : {}))
  const flag = (name: string) => given.get(name) === true
  return {
    historySync: flag('historySync'),
    ignoreGroups: flag('ignoreGroups'),
    ignoreStatus: flag('ignoreStatus'),
    ignoreNewsletters: flag('ignoreNewsletters'),
    markOnline: flag('markOnline'),
  }
}

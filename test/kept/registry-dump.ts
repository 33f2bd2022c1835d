// The schemas of a registry under the ids that records name them by: registered again in the order of their ids, they get the same ones.
export type RegistryDump = { id: number; subject: string; schema: string }[]

type Version = { id: number; subject: string; schema: string }

/** `url` is Confluent's API. */
export async function dumpRegistry(url: string): Promise<RegistryDump> {
  const dump: RegistryDump = []
  for (const subject of await ask<string[]>(`${url}/subjects`))
    for (const version of await ask<number[]>(`${url}/subjects/${subject}/versions`)) {
      const { id, schema } = await ask<Version>(`${url}/subjects/${subject}/versions/${version}`)
      dump.push({ id, subject, schema })
    }
  return dump.toSorted((a, b) => a.id - b.id)
}

export async function restoreRegistry(url: string, dump: RegistryDump): Promise<void> {
  for (const { id, subject, schema } of dump) {
    const body = JSON.stringify({ schema, schemaType: 'AVRO' })
    const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' }
    const answer = await ask<{ id: number }>(`${url}/subjects/${subject}/versions`, { method: 'POST', headers, body })
    if (answer.id !== id) throw new Error(`registering ${subject} again: expected id ${id}, got ${answer.id}`)
  }
}

async function ask<Answer>(url: string, request?: RequestInit): Promise<Answer> {
  const response = await fetch(url, request)
  const text = await response.text()
  if (!response.ok) throw new Error(`asking the registry, ${url}: got ${response.status} ${text.slice(0, 200)}`)
  return JSON.parse(text)
}

// The manifests of infra/kubernetes, as kubectl reads them.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseAllDocuments } from 'yaml'

const directory = fileURLToPath(new URL('../../../infra/kubernetes', import.meta.url))

type Container = {
  image: string
  env: readonly { name: string; value: string }[]
  envFrom: readonly unknown[]
  resources: unknown
  securityContext: unknown
  readinessProbe: { httpGet: { path: string } }
  livenessProbe: { httpGet: { path: string } }
}
export type Manifest = {
  apiVersion: string
  kind: string
  metadata: { name: string }
  data?: Readonly<Record<string, string>>
  spec?: {
    replicas?: number
    strategy?: { type: string }
    template?: { spec: { terminationGracePeriodSeconds: number; containers: readonly [Container] } }
    scaleTargetRef?: { name: string }
    triggers?: readonly { metadata: Readonly<Record<string, string>> }[]
  }
}

export const readManifests = (): readonly Manifest[] =>
  readdirSync(directory)
    .filter(name => name.endsWith('.yaml'))
    .flatMap(name => parseAllDocuments(readFileSync(join(directory, name), 'utf8')).map(one => one.toJS()))

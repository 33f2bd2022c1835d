// Guarantee: the manifests are objects that Kubernetes and KEDA know, field by field, by the schemas in their own Go modules.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { judgeObject, type Schema, schemaOfExample } from '../ground/kubernetes/judge-object.ts'
import { fetchKubernetesSchemas } from '../ground/kubernetes/kubernetes-schemas.ts'
import { type Manifest, readManifests } from '../ground/kubernetes/manifests.ts'
import { runsHere } from '../ground/runs-here.ts'

describe.runIf(await runsHere('kubernetes-schemas'))('schemas of Kubernetes', () => {
  let judges: Readonly<Record<string, (value: unknown) => readonly string[]>>
  beforeAll(async () => {
    const directory = await fetchKubernetesSchemas()
    const read = (name: string) => parse(readFileSync(join(directory, name), 'utf8'))
    const byOpenApi = (file: string, name: string) => {
      const { schemas }: { schemas: Record<string, Schema> } = read(file).components
      return (value: unknown) => judgeObject(value, schemas[name] ?? {}, schemas)
    }
    const [keda]: { schema: { openAPIV3Schema: Schema } }[] = read('keda.sh_scaledobjects.yaml').spec.versions
    const budget = schemaOfExample(read('policy.v1.PodDisruptionBudget.yaml'))
    const orNumber = { 'x-kubernetes-int-or-string': true }
    const { spec } = budget.properties ?? {}
    const anyBudget = {
      ...budget,
      properties: { ...budget.properties, spec: { ...spec, properties: { ...spec?.properties, maxUnavailable: orNumber } } },
    }
    judges = {
      'v1 ConfigMap': byOpenApi('api__v1_openapi.json', 'io.k8s.api.core.v1.ConfigMap'),
      'v1 Service': byOpenApi('api__v1_openapi.json', 'io.k8s.api.core.v1.Service'),
      'apps/v1 Deployment': byOpenApi('apis__apps__v1_openapi.json', 'io.k8s.api.apps.v1.Deployment'),
      'policy/v1 PodDisruptionBudget': value => judgeObject(value, anyBudget),
      'keda.sh/v1alpha1 ScaledObject': value => judgeObject(value, keda?.schema.openAPIV3Schema ?? {}),
    }
  })

  const judge = (one: Manifest) => judges[`${one.apiVersion} ${one.kind}`]?.(one) ?? ['nobody knows this kind']

  test('[H9] know each of the manifests', () => {
    for (const one of readManifests())
      expect([one.kind, one.metadata.name, judge(one)]).toEqual([one.kind, one.metadata.name, []])
  })

  test('[H9] refuse what is misspelt, of another type or missing, in each kind', () => {
    const seen = new Set<string>()
    for (const one of readManifests()) {
      seen.add(`${one.apiVersion} ${one.kind}`)
      expect(judge({ ...one, spce: {} } as Manifest)).toEqual(['/spce: is unknown'])
    }
    expect([...seen].toSorted()).toEqual(Object.keys(judges).toSorted())
    const deployment = readManifests().find(({ kind }) => kind === 'Deployment')
    expect(judge({ ...deployment, spec: { replicas: '2', selector: {} } } as unknown as Manifest)).toEqual([
      '/spec/template: is missing',
      '/spec/replicas: string, expected number',
    ])
  })
})

// What Kubernetes and KEDA say of their own objects, out of their Go modules: fetched once, and nothing of it is built.
import { copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fetchArtifact, runProgram } from '../../../infra/services/fetch-artifact.ts'
import { requireService, whyMissing } from '../../../infra/services/require-service.ts'

const KUBERNETES = 'v0.34.1'
const KEDA = 'v2.17.2'
const modules = [
  {
    module: `k8s.io/client-go@${KUBERNETES}`,
    files: ['api__v1_openapi.json', 'apis__apps__v1_openapi.json'].map(name => `openapi/openapitest/testdata/${name}`),
  },
  { module: `k8s.io/api@${KUBERNETES}`, files: ['testdata/HEAD/policy.v1.PodDisruptionBudget.yaml'] },
  { module: `github.com/kedacore/keda/v2@${KEDA}`, files: ['config/crd/bases/keda.sh_scaledobjects.yaml'] },
]

/** The directory that has the files above, by their own names. */
export const fetchKubernetesSchemas = (): Promise<string> =>
  fetchArtifact({ name: 'kubernetes-schemas', version: `${KUBERNETES}-${KEDA}`, make })

async function make(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true })
  const env = { ...process.env, GOFLAGS: '-mod=mod' }
  for (const { module, files } of modules) {
    const said = await runProgram('go', ['mod', 'download', '-json', module], { env })
    const { Dir }: { Dir: string } = JSON.parse(said)
    for (const file of files) await copyFile(join(Dir, file), join(directory, file.split('/').at(-1) ?? ''))
  }
}

/** null: they are there; otherwise one sentence how to get them. */
export const kubernetesSchemasAvailable = (): Promise<string | null> =>
  whyMissing(() =>
    requireService(
      'the schemas of Kubernetes are missing: install Go 1.25 or newer, which fetches them once',
      fetchKubernetesSchemas,
    ),
  )

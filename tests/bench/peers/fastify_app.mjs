// The service in fastify and onnxruntime-node: POST /predict with the same body as triaged.
//
//     usage: node fastify_app.mjs PORT FOLDER MODULES
//
// FOLDER is the output of bench-prepare and onnx_graph.py; MODULES a folder whose node_modules has
// both packages.
import { createRequire } from 'node:module'

const [port, folder, modules] = process.argv.slice(2)
const require = createRequire(`${modules}/package.json`)
const fastify = require('fastify')
const ort = require('onnxruntime-node')

const settings = { intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: 'sequential' }
const session = await ort.InferenceSession.create(`${folder}/gru64.onnx`, settings)

async function predict(body) {
  const length = body.events.length
  const ids = new BigInt64Array(length)
  for (let t = 0; t < length; t++) ids[t] = BigInt(body.events[t].event.slice(1))
  const answer = await session.run({
    ids: new ort.Tensor('int64', ids, [length, 1]),
    lens: new ort.Tensor('int32', Int32Array.of(length), [1])
  })
  const p = answer.p.data
  const probabilities = {}
  let argmax = 0
  for (let c = 0; c < p.length; c++) {
    probabilities[`a${c}`] = p[c]
    if (p[c] > p[argmax]) argmax = c
  }
  return { id: body.id, action: `a${argmax}`, probabilities, events: length, model: { name: 'gru64' } }
}

const app = fastify()
app.post('/predict', request => predict(request.body))
await app.listen({ port: Number(port), host: '127.0.0.1' })

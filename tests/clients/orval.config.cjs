// The functions of the client call fetch with the paths of the API.  With NDJSON, which the service
// answers only to NDJSON, orval would make predict() a stream.
module.exports = {
  triage: {
    input: { target: './openapi.json' },
    output: {
      client: 'fetch',
      target: './orval.ts',
      override: { contentType: { exclude: ['application/x-ndjson'] } },
    },
  },
};

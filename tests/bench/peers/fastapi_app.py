"""The service in FastAPI and PyTorch: POST /predict with the same body as triaged.

PEER_FOLDER in the environment is the output of bench-prepare.  Run by uvicorn as fastapi_app:app.
"""
import os

import torch
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from torch_network import ACTIONS, Network

torch.set_num_threads(1)
network = Network("gru", 64).load(os.environ["PEER_FOLDER"] + "/gru64.bin").eval()
app = FastAPI()


@app.post("/predict")
async def predict(request: Request):
    body = await request.json()
    ids = [int(event["event"][1:]) for event in body["events"]]
    with torch.inference_mode():
        p = torch.softmax(network(torch.tensor([ids])), -1)[0].tolist()
    return JSONResponse({
        "id": body["id"],
        "action": f"a{max(range(ACTIONS), key=p.__getitem__)}",
        "probabilities": {f"a{c}": p[c] for c in range(ACTIONS)},
        "events": len(ids),
        "model": {"name": "gru64"},
    })

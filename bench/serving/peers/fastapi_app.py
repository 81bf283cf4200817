"""FastAPI as its documentation has it: pydantic in and out; the model runs in the event loop, a thread costs more."""

from classifier import load
from fastapi import FastAPI
from pydantic import BaseModel

predict = load()
app = FastAPI()


class Rows(BaseModel):
    rows: list[list[float]]


class Found(BaseModel):
    labels: list[int]
    probabilities: list[list[float]]


@app.post("/predict")
async def answer(asked: Rows) -> Found:
    labels, probabilities = predict(asked.rows)
    return Found(labels=labels.tolist(), probabilities=probabilities.tolist())

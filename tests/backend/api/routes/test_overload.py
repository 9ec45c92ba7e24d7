"""Too much at once is turned away, with a word on when to come again."""

from collections.abc import Callable

import pytest
from websockets.exceptions import InvalidStatus

from tests.fakes.openai_server import OpenAIServer
from tests.support import graphs, talk
from tests.support.server import Server
from tests.support.talk import V1


async def test_beyond_the_queue_runs_are_turned_away_and_nothing_is_kept_of_them(
    new_server: Callable[..., Server],
) -> None:
    server = new_server(max_running=2, max_queued=3).start()
    async with OpenAIServer() as model, server.client() as client:
        workflow = await talk.saved(client, graphs.asked(model.base_url))
        running = [await talk.begun(client, workflow, "HANG") for _ in range(2)]
        await talk.until(lambda: model.open == 2)
        waiting = [await talk.begun(client, workflow) for _ in range(3)]
        key = {"idempotency-key": "once"}
        refused = await client.post(f"{V1}/workflows/{workflow}/runs", json={"query": "More"}, headers=key)
        assert (refused.status_code, refused.json()["code"]) == (429, "OVERLOADED")
        assert int(refused.headers["retry-after"]) >= 1
        assert "3 runs of this workspace are queued already" in refused.json()["detail"]
        async with server.socket(f"/sessions/{await talk.session_of(client, workflow)}/chat") as socket:
            await socket.send(talk.message("More"))
            (told,) = await talk.heard(socket, until="error")
            assert told["code"] == "OVERLOADED"
        assert (await client.get(f"{V1}/workflows/{workflow}/runs")).json()["total"] == 5
        for run in running:
            await client.post(f"{V1}/runs/{run}/cancel")
        for run in waiting:
            assert (await talk.ended(client, run))["status"] == "succeeded"
        again = await client.post(f"{V1}/workflows/{workflow}/runs", json={"query": "More"}, headers=key)
        assert again.status_code == 202


async def test_beyond_their_number_sockets_are_turned_away(new_server: Callable[..., Server]) -> None:
    server = new_server(max_sockets=2).start()
    async with server.client() as client:
        session = await talk.session_of(client, await talk.saved(client, graphs.echo()))
        async with server.socket(f"/sessions/{session}/chat"):
            async with server.socket(f"/sessions/{session}/chat"):
                with pytest.raises(InvalidStatus) as refused:
                    async with server.socket(f"/sessions/{session}/chat"):
                        pass
                assert refused.value.response.status_code == 429
                assert refused.value.response.headers["retry-after"]
            await talk.until(lambda: _answered(server, session))


async def _answered(server: Server, session: str) -> bool:
    """Whether there is room again: the server sees a little later that a socket was closed."""
    try:
        async with server.socket(f"/sessions/{session}/chat") as socket:
            await socket.send(talk.message("There is room again"))
            return (await talk.heard(socket))[-1]["type"] == "run.finished"
    except InvalidStatus:
        return False

"""Remembered devices of a user, as an administrator sees them.

Sources: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminListDevices.html, also
AdminGetDevice and AdminForgetDevice, and .../API_DeviceType.html. Devices are made by sign-ins that the emulator does
not know, so tests put them: `PUT /_poolsafe/devices` with `{"UserPoolId": ..., "Username": ..., "Devices": [...]}`, a
list of DeviceType, whatever is left out filled in.

Assumed: a pool that remembers no devices (no DeviceConfiguration) answers InvalidUserPoolConfigurationException, which
all three list; an unknown user is a UserNotFoundException, though AdminListDevices does not list it; an unknown device
a ResourceNotFoundException; a page holds 60 unless told otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .concern import Answer, Call, Proceed
from .constraints import breach
from .operations import Json, Refused, answering, kept, new_id, now, page
from .pools import pool_anywhere, user_of

PAGE = 60


def put_devices(method: str, body: Any) -> dict[str, int]:
    """Gives a user these devices and no others; answers how many."""
    if method != "PUT":
        raise ValueError("PUT the devices")
    pool = pool_anywhere(body["UserPoolId"])
    devices = [_filled(pool, device) for device in body["Devices"]]
    kept(pool, "devices")[_sub(_user(pool, body))] = {device["DeviceKey"]: device for device in devices}
    return {"devices": len(devices)}


async def devices(call: Call, proceed: Proceed) -> Answer:
    if call.action in _OPERATIONS and (problem := breach(call.action, call.members)):
        return Answer.error("InvalidParameterException", problem)
    return await _answer(call, proceed)


def _list(pool: Json, members: Mapping[str, Any]) -> Json:
    found = list(_of_user(pool, members).values())
    shown, token = page(found, members.get("Limit") or PAGE, members.get("PaginationToken"))
    return {"Devices": shown, **({"PaginationToken": token} if token else {})}


def _get(pool: Json, members: Mapping[str, Any]) -> Json:
    return {"Device": _device(pool, members)}


def _forget(pool: Json, members: Mapping[str, Any]) -> Json:
    del _of_user(pool, members)[_device(pool, members)["DeviceKey"]]
    return {}


_OPERATIONS = {"AdminListDevices": _list, "AdminGetDevice": _get, "AdminForgetDevice": _forget}
_answer = answering(_OPERATIONS)


def _of_user(pool: Json, members: Mapping[str, Any]) -> Json:
    """The user's devices by key. Kept by `sub`: another user of the same name later has none of them."""
    user = _user(pool, members)
    if not pool.get("DeviceConfiguration"):
        raise Refused("InvalidUserPoolConfigurationException", "The user pool does not remember devices.")
    found: Json = kept(pool, "devices").get(_sub(user), {})
    return found


def _device(pool: Json, members: Mapping[str, Any]) -> Json:
    try:
        found: Json = _of_user(pool, members)[members["DeviceKey"]]
    except KeyError:
        raise Refused("ResourceNotFoundException", "Device does not exist.") from None
    return found


def _user(pool: Json, members: Mapping[str, Any]) -> Json:
    user = user_of(pool, members["Username"])
    if user is None:
        raise Refused("UserNotFoundException", "User does not exist.")
    return user


def _sub(user: Json) -> str:
    return next(str(given["Value"]) for given in user["Attributes"] if given["Name"] == "sub")


def _filled(pool: Json, device: Json) -> Json:
    at = now()
    region = pool["Arn"].split(":")[3]
    dates = dict.fromkeys(("DeviceCreateDate", "DeviceLastModifiedDate", "DeviceLastAuthenticatedDate"), at)
    return {"DeviceKey": f"{region}_{new_id()}", "DeviceAttributes": [], **dates, **device}

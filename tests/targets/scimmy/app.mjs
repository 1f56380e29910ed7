// Glue only: handlers that keep users and groups in memory. Every protocol decision is made by scimmy and scimmy-routers.
import { randomUUID } from "node:crypto";
import express from "express";
import SCIMMYRouters, { SCIMMY } from "scimmy-routers";

const token = process.env.SCIM_TOKEN ?? "devtoken";
const users = new Map();
const groups = new Map();
let base;

const notFound = (id) => new SCIMMY.Types.Error(404, null, `Resource ${id} not found`);
const folded = (value) => String(value).toLowerCase();

function save(map, resource, instance, unique, resourceType) {
    const id = resource.id ?? randomUUID();
    if (resource.id && !map.has(id)) throw notFound(id);
    const { password, meta, groups: derived, ...data } = JSON.parse(JSON.stringify(instance));
    for (const [other, record] of map) {
        if (other !== id && folded(record[unique]) === folded(data[unique])) {
            throw new SCIMMY.Types.Error(409, "uniqueness", `${unique} already exists`);
        }
    }
    const now = new Date();
    const created = map.get(id)?.meta.created ?? now;
    const record = { ...data, id, meta: { resourceType, created, lastModified: now } };
    map.set(id, record);
    return record;
}

function read(map, resource, view = (record) => record) {
    if (resource.id) {
        if (!map.has(resource.id)) throw notFound(resource.id);
        return view(map.get(resource.id));
    }
    const all = [...map.values()].map(view);
    return resource.filter ? resource.filter.match(all) : all;
}

function remove(map, resource) {
    if (!map.delete(resource.id)) throw notFound(resource.id);
}

const members = (group) => group.members ?? [];
const withGroups = (user) => ({
    ...user,
    groups: [...groups.values()]
        .filter((group) => members(group).some((member) => member.value === user.id))
        .map((group) => ({ value: group.id, display: group.displayName, $ref: `/scim/v2/Groups/${group.id}` })),
});

SCIMMY.Resources.declare(SCIMMY.Resources.User.extend(SCIMMY.Schemas.EnterpriseUser, false))
    .ingress((resource, instance) => withGroups(save(users, resource, instance, "userName", "User")))
    .egress((resource) => read(users, resource, withGroups))
    .degress((resource) => {
        remove(users, resource);
        for (const group of groups.values()) {
            group.members = members(group).filter((member) => member.value !== resource.id);
        }
    });
SCIMMY.Resources.declare(SCIMMY.Resources.Group)
    .ingress((resource, instance) => save(groups, resource, instance, "displayName", "Group"))
    .egress((resource) => read(groups, resource))
    .degress((resource) => remove(groups, resource));

const app = express();
app.use("/scim/v2", new SCIMMYRouters({
    type: "bearer",
    docUri: "https://example.com/doc",
    baseUri: () => base,
    handler: (request) => {
        // RFC 7235 §2.1: the name of a scheme has no letter case. Here because it is the application's part, not scimmy's.
        const [scheme, given] = (request.header("Authorization") ?? "").split(" ");
        if (folded(scheme) !== "bearer" || given !== token) throw new Error("Invalid or missing bearer token");
        return "me";
    },
}));
app.use((error, request, response, next) => {
    console.error(error);
    if (!response.headersSent) response.status(500).end();
});

// With STOP_AT_EOF=1 the end of standard input ends the server, so that a killed test leaves none behind.
if (process.env.STOP_AT_EOF === "1") process.stdin.on("end", () => process.exit()).resume();

const server = app.listen(+process.argv[2], "127.0.0.1", () => {
    base = `http://127.0.0.1:${server.address().port}`;
    console.log(`BASE=${base}/scim/v2 TOKEN=${token}`);
});

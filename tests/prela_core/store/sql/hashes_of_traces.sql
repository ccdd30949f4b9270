SELECT cityHash64(id), arrayJoin({ids:Array(String)}) AS id
-- ids: ["a", "b"]
